// weft store, weft version.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct StoreInfoOptions {
    StoreCommand common;
};

Result<Json> store_info(const StoreInfoOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto hello = session->request("hello");
    if (!hello) return hello;
    (*hello)["served"] = !session->owner();
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return hello;
}

int store(const StoreInfoOptions& options) {
    auto info = store_info(options);
    if (!info) return report(info.error());
    if (options.common.json) {
        print_json(*info);
        return kSuccess;
    }
    print(fmt::format("store     {}\n", info->value("path", "")));
    print(fmt::format("id        {}\n", info->value("store", "")));
    print(fmt::format("engine    {}, protocol {}\n", info->value("engine", ""),
                      info->value("protocol", 0)));
    print(info->value("served", false) ? "owner     another process, reached through its socket\n"
                                       : "owner     none; this command opened it\n");
    if (info->value("clock_doubted", false)) {
        print(fmt::format("clock     {}\n          {}\n", kClockDoubted, kAcceptClock));
    }
    return kSuccess;
}

struct VersionOptions {
    bool json = false;
};

int version(const VersionOptions& options) {
    if (options.json) {
        print_json({{"weft", WEFT_VERSION}, {"protocol", 1}});
    } else {
        print("weft " WEFT_VERSION "\n");
    }
    return kSuccess;
}

}  // namespace

void add_store(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<StoreInfoOptions>();
    auto* command = app.add_subcommand("store", "which store this is and who owns it");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, store);
}

void add_version(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<VersionOptions>();
    auto* command = app.add_subcommand("version", "the version of this program");
    command->add_flag("--json", options->json, "print JSON");
    choose(*command, chosen, options, version);
}

}  // namespace weft::cli
