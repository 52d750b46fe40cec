// weft review: the open tasks of people, one task, a decision.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/editor.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "weft/audit.h"

namespace weft::cli {
namespace {

struct ReviewOptions {
    StoreCommand common;
    std::string decision;
    std::string task;
    std::string reason;
    std::string role;
    std::vector<std::string> set;   // name=FILE.json
    std::vector<std::string> edit;  // names
    std::string form;               // FILE.json
    std::string sign_with;          // FILE.pem
};

std::string names_text(const Json& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name.get<std::string>();
    return out;
}

std::string roles_text(const Json& task) {
    return names_text(task.value("roles", Json::array()));
}

int list(const ReviewOptions& options) {
    auto answer = ask(options.common.store, "reviews", Json::object());
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& task : (*answer)["tasks"]) {
        auto due = task.value("due", std::int64_t{0});
        rows.push_back({task.value("task", ""), task.value("workflow", ""), roles_text(task),
                        due > 0 ? "until " + time_text(due) : "",
                        task.value("title", task.value("gate", ""))});
    }
    print(rows.empty() ? "no open tasks\n" : table(rows));
    return kSuccess;
}

int show(const ReviewOptions& options) {
    auto answer = ask(options.common.store, "review", {{"task", options.task}});
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    print(fmt::format("task       {}\n", answer->value("task", "")));
    print(fmt::format("workflow   {}\n", answer->value("workflow", "")));
    print(fmt::format("for        {}\n", roles_text(*answer)));
    std::string title = answer->value("title", "");
    if (!title.empty()) print(fmt::format("about      {}\n", title));
    if (auto due = answer->value("due", std::int64_t{0}); due > 0) {
        print(fmt::format("until      {}\n", time_text(due)));
    }
    if (answer->contains("scores")) {
        print(fmt::format("scores     {}\n", shown_json((*answer)["scores"])));
    }
    if (answer->value("needed", 1) > 1) {
        print(fmt::format("approvals  {} of {}\n", (*answer)["approved_by"].size(),
                          answer->value("needed", 1)));
    }
    if (answer->contains("except")) {
        print(fmt::format("not by     {}\n", names_text((*answer)["except"])));
    }
    if (answer->contains("form")) {
        const auto& form = (*answer)["form"];
        print(fmt::format("asks for   {}, given with --form FILE.json\n{}\n",
                          form.value("type", ""), form["schema"].dump(2)));
    }
    for (const auto& value : answer->value("values", Json::array())) {
        print(fmt::format("\n{}: {}\n{}\n", value.value("name", ""), value.value("type", ""),
                          pretty_json(value["value"])));
    }
    return kSuccess;
}

// Edited values travel as the text that was written, so that no number changes on the way.
Result<Json> revised_values(Session& session, const ReviewOptions& options) {
    Json values = Json::object();
    for (const auto& word : options.set) {
        auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            return std::unexpected(
                Error{ErrorKind::Usage, fmt::format("`{}` is not name=FILE.json", word), ""});
        }
        std::string path = word.substr(equals + 1);
        auto text = read_text(path);
        if (!text) return std::unexpected(text.error());
        if (!is_json(*text)) {
            return std::unexpected(
                Error{ErrorKind::Usage, fmt::format("{} holds no JSON", path), ""});
        }
        values[word.substr(0, equals)] = *text;
    }
    if (options.edit.empty()) return values;
    auto task = session.request("review", {{"task", options.task}});
    if (!task) return task;
    for (const auto& name : options.edit) {
        const Json* found = nullptr;
        for (const auto& value : (*task)["values"]) {
            if (value.value("name", "") == name) found = &value;
        }
        if (found == nullptr) {
            return std::unexpected(Error{ErrorKind::Usage,
                                         fmt::format("the task does not show `{}`", name),
                                         "`weft review show` shows its values"});
        }
        auto edited = edit_text(pretty_json((*found)["value"]) + "\n");
        if (!edited) return std::unexpected(edited.error());
        if (!is_json(*edited)) {
            return std::unexpected(Error{ErrorKind::Usage,
                                         fmt::format("the edited `{}` is not JSON", name),
                                         "nothing was decided; try again"});
        }
        values[name] = *edited;
    }
    return values;
}

// What the engine says is to be signed must be what was asked for, as far as it can be seen here.
Result<std::string> signed_note(Session& session, const ReviewOptions& options, Json params) {
    auto key = SigningKey::read(options.sign_with);
    if (!key) return std::unexpected(key.error());
    params["prepare"] = key->public_key();
    auto prepared = session.request("decide", std::move(params));
    if (!prepared) return std::unexpected(prepared.error());
    std::string statement = prepared->value("statement", "");
    auto has_line = [&](const std::string& line) {
        return statement.find("\n" + line + "\n") != std::string::npos;
    };
    std::string number = options.task.substr(options.task.find(':') + 1);
    std::string run = options.task.substr(0, options.task.find(':'));
    bool fits = statement.starts_with("weft decision 1\n") && has_line("task " + number) &&
                statement.find("\nrun " + run) != std::string::npos &&
                has_line("decision " + options.decision) && has_line("key " + key->public_key());
    if (!fits) {
        return std::unexpected(Error{ErrorKind::Refused,
                                     "the engine gave another decision to sign; nothing was signed",
                                     ""});
    }
    return key->sign(statement);
}

Result<int> decide_task(const ReviewOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    Json params = {{"task", options.task}, {"decision", options.decision}};
    if (!options.reason.empty()) params["reason"] = options.reason;
    if (!options.role.empty()) params["role"] = options.role;
    if (options.decision == "revise") {
        auto values = revised_values(*session, options);
        if (!values) return std::unexpected(values.error());
        params["values"] = std::move(*values);
    }
    if (!options.form.empty()) {
        auto form = read_text(options.form);
        if (!form) return std::unexpected(form.error());
        params["form"] = std::move(*form);
    }
    if (!options.sign_with.empty()) {
        auto note = signed_note(*session, options, params);
        if (!note) return std::unexpected(note.error());
        params["signed"] = std::move(*note);
    }
    auto done = close_with(*session, session->change("decide", std::move(params)));
    if (!done) return std::unexpected(done.error());
    if (options.common.json) {
        print_json(done->answer);
        return kSuccess;
    }
    print(fmt::format("{}: {} is record {} of the run\n", options.task, options.decision,
                      done->answer.value("seq", std::uint64_t{0})));
    if (done->owner) {
        std::string run = options.task.substr(0, options.task.find(':'));
        print(fmt::format("no engine runs; the run goes on with `weft resume {}{}`\n", run,
                          done->flags));
    }
    return kSuccess;
}

int decide(const ReviewOptions& options) {
    auto code = decide_task(options);
    return code ? *code : report(code.error());
}

void add_decision(CLI::App& review, Chosen& chosen, const char* decision, const char* about) {
    auto options = std::make_shared<ReviewOptions>();
    options->decision = decision;
    auto* command = review.add_subcommand(decision, about);
    command->add_option("TASK", options->task, "the task, as `weft review list` shows it")
        ->required();
    command->add_option("--reason", options->reason, "why; it stands in the log");
    command->add_option("--role", options->role,
                        "the role you decide in, when the task has several");
    command->add_option("--sign-with", options->sign_with,
                        "FILE.pem: sign the decision, and the log as it is now, with your own key");
    add_change_options(*command, options->common);
    if (std::string_view(decision) == "approve") {
        command->add_option("--form", options->form,
                            "FILE.json: what the task asks for, where it asks for something");
    }
    if (std::string_view(decision) == "revise") {
        command->add_option("--set", options->set, "name=FILE.json: the new value of one shown");
        command->add_option("--edit", options->edit, "name: edit the value in $EDITOR");
    }
    add_store_options(*command, options->common);
    choose(*command, chosen, options, decide);
}

struct KeyOptions {
    std::string file;
    std::string actor;
    bool json = false;
};

int show_key(const KeyOptions& options) {
    if (auto allowed = refuse_store_file(options.file); !allowed) return report(allowed.error());
    std::error_code code;
    bool is_new = !std::filesystem::exists(options.file, code);
    auto key = is_new ? SigningKey::create(options.file) : SigningKey::read(options.file);
    if (!key) return report(key.error());
    std::string name = options.actor.empty() ? "your name" : options.actor;
    if (options.json) {
        print_json({{"key", key->public_key()}, {"created", is_new}});
    } else {
        print(fmt::format("[approvers]\n\"{}\" = \"{}\"\n", name, key->public_key()));
    }
    return kSuccess;
}

struct RevokeOptions {
    StoreCommand common;
    std::string key;
    std::string reason;
};

int revoke(const RevokeOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return report(session.error());
    auto answer = session->change("revoke-key", {{"key", options.key}, {"reason", options.reason}});
    if (!answer) return report(answer.error());
    auto closed = session->close();
    if (!closed) return report(closed.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print(fmt::format("{} is revoked{}; what it has signed before holds\n",
                          answer->value("key", ""),
                          answer->value("repeat", false) ? " already" : ""));
    }
    return kSuccess;
}

}  // namespace

void add_review(CLI::App& app, Chosen& chosen) {
    auto* review = app.add_subcommand("review", "tasks that wait for people");
    review->require_subcommand(1);
    auto options = std::make_shared<ReviewOptions>();
    auto* all = review->add_subcommand("list", "open tasks, oldest first");
    add_store_options(*all, options->common);
    choose(*all, chosen, options, list);
    auto one_options = std::make_shared<ReviewOptions>();
    auto* one = review->add_subcommand("show", "one task and the values to decide about");
    one->add_option("TASK", one_options->task, "the task")->required();
    add_store_options(*one, one_options->common);
    choose(*one, chosen, one_options, show);
    auto key_options = std::make_shared<KeyOptions>();
    auto* key = review->add_subcommand("key", "your own signing key: makes FILE, or reads it");
    key->add_option("FILE", key_options->file, "a PEM file, which only you should read")
        ->required();
    key->add_option("--as", key_options->actor, "the name under which you decide");
    key->add_flag("--json", key_options->json, "print JSON");
    choose(*key, chosen, key_options, show_key);
    auto revoke_options = std::make_shared<RevokeOptions>();
    auto* revoked = review->add_subcommand(
        "revoke", "a signing key is of no more use; what it has signed before holds");
    revoked
        ->add_option("KEY", revoke_options->key,
                     "who decides with it, as weft.toml names them, or the key itself")
        ->required();
    revoked->add_option("--reason", revoke_options->reason, "why; it stands in the log")
        ->required();
    add_change_options(*revoked, revoke_options->common);
    add_store_options(*revoked, revoke_options->common);
    choose(*revoked, chosen, revoke_options, revoke);
    add_decision(*review, chosen, "approve", "approve what is shown");
    add_decision(*review, chosen, "reject", "reject it");
    add_decision(*review, chosen, "revise", "replace values by edited ones");
}

}  // namespace weft::cli
