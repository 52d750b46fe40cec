// weft.toml: which implementation stands behind a worker, and where the store is. The program never
// says so itself; that is why one program runs on the offline defaults and on real providers.
//
//     [store]
//     path = "weft.store"          # beside weft.toml
//     keys = "env:WEFT_KEY"        # the wrapping key; absent: in the key file
//     witness = "/mnt/usb/weft"    # signed checkpoints are also written there
//
//     [approvers]                  # who must sign decisions, and the public keys for it
//     "ann@example.com" = "base64"
//
//     [workers."llm"]              # a worker's full name or a prefix of whole words; longest wins,
//     provider = "offline"         # member by member
//
//     [people]
//     roles = ["editor"]           # that reviews may ask; absent: any
//
//     [pins]
//     "../shared/types.wf" = "…"   # SHA-256 of a module that is not in the package
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace weft::engine {

struct Config {
    std::string path;       // of weft.toml; empty when there is none
    std::string directory;  // base of relative paths in it
    std::string store;      // absolute or relative to the working directory; empty: not said
    std::string keys;
    std::string witness;                                        // as path; empty: none
    std::map<std::string, std::string, std::less<>> approvers;  // name -> base64 of the key
    std::vector<std::pair<std::string, std::string>> workers;   // name or prefix -> settings, JSON
    std::optional<std::vector<std::string>> roles;              // that somebody has
    std::map<std::string, std::string> secrets;                 // name -> where it is
    std::map<std::string, std::string> pins;  // module outside of the package -> SHA-256, hex

    // Settings of one worker: every section that covers it, longer names over shorter ones. JSON.
    [[nodiscard]] const std::string& settings(std::string_view worker) const;
    // First 16 bytes of SHA-256 over the worker's settings: the start record holds it.
    [[nodiscard]] Bytes16 binding_digest(std::string_view worker) const;
    // Over everything: owner and client of one store must agree.
    [[nodiscard]] std::string digest() const;

  private:
    struct Binding {
        std::string settings;
        Bytes16 digest{};
    };
    [[nodiscard]] const Binding& binding(std::string_view worker) const;

    // Made when first asked for: an attempt asks for both. (One thread uses a configuration.)
    mutable std::map<std::string, Binding, std::less<>> bindings_;
};

// An absent file is the default configuration; a file that can't be read or parsed is an Error with
// line and column.
Result<Config> load_config(const std::string& path);

}  // namespace weft::engine
