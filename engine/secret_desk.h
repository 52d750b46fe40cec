// Where values labelled Secret become handles, and handles values: what comes in is deposited under
// the run's key until its end, what leaves is read at that moment. It knows the store and
// weft.toml; of a run only its row.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/config.h"
#include "engine/secret_handles.h"
#include "store/store.h"
#include "value/json_text.h"

namespace weft::engine {

// Arguments with the values in the place of handles; called by the thread that calls the worker.
// What the worker gives back has handles, and messages `[secret]`, in the place of the values.
class Revealed {
  public:
    Revealed(std::string arguments, SecretValues deposits, std::map<std::string, std::string> named,
             std::string directory);
    // Once. The error says which secret can't be had, never what it is.
    Result<std::string> arguments();
    [[nodiscard]] std::string result(std::string json) const;
    [[nodiscard]] std::string message(std::string text) const;

  private:
    std::string arguments_;
    SecretValues values_;
    std::map<std::string, std::string> named_;  // to where weft.toml says it is
    std::string directory_;
};

class SecretDesk {
  public:
    SecretDesk(store::Store& store, const Config& config) : store_(store), config_(config) {}

    // Puts the handle of a secret of weft.toml in the place of {"secret": name}, wherever a
    // Secret<Text> is wanted.
    Result<void> place_named(JsonNode& node, const TypeTable& types, TypeId type) const;
    // The same in a text; one that is no JSON stays as it is.
    Result<std::string> with_named(const TypeTable& types, TypeId type, std::string json) const;
    // What is secret of a value that was given, as handles; the rows go with the commit that takes
    // it. A run's key where its row is not in the store yet.
    Result<Value> deposit(const store::RunRow& run, const store::Key& key, const TypeTable& types,
                          TypeId type, const Value& value, store::Batch& batch);
    Result<Value> deposit_input(const store::RunRow& run, const store::Key& key, const Image& image,
                                const WorkflowRow& workflow, const Value& input,
                                store::Batch& batch);
    // What a run that nobody waits for gets of another one's deposits with its input, since the
    // other may end before it.
    Result<void> hand_on(const store::RunId& from, const store::Key& from_key,
                         const store::RunId& to, const store::Key& key, const Value& input,
                         store::Batch& batch);
    // None: the arguments have no handle.
    Result<std::shared_ptr<Revealed>> reveal(const store::RunId& run, const std::string& arguments);

  private:
    store::SecretRow row_of(const store::RunId& run, const store::Key& key, const std::string& name,
                            const std::string& text);
    Result<std::optional<std::string>> find(const store::RunId& run, const std::string& handle);

    store::Store& store_;
    const Config& config_;
};

// Whether values of some type of the program are labelled Secret.
bool knows_secrets(const TypeTable& types);

}  // namespace weft::engine
