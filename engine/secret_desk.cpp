#include "engine/secret_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/secret_sources.h"
#include "engine/secret_view.h"
#include "store/box.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

constexpr std::string_view kDeposit = "deposit:";
// Shorter texts stand everywhere.
constexpr std::size_t kHiddenFrom = 6;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

}  // namespace

bool knows_secrets(const TypeTable& types) {
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        const Type& type = types[TypeId{i}];
        if (type.kind == TypeKind::Labelled && type.label == LabelKind::Secret) return true;
    }
    return false;
}

Revealed::Revealed(std::string arguments, SecretValues deposits,
                   std::map<std::string, std::string> named, std::string directory)
    : arguments_(std::move(arguments)),
      values_(std::move(deposits)),
      named_(std::move(named)),
      directory_(std::move(directory)) {}

Result<std::string> Revealed::arguments() {
    for (const auto& [name, source] : named_) {
        auto value = read_secret_source(source, directory_);
        if (!value) {
            value = fail(ErrorKind::Environment, fmt::format("the secret `{}` can't be read: {}",
                                                             name, value.error().message));
        }
        values_.insert_or_assign(name, std::move(value));
    }
    return with_secrets(arguments_, values_);
}

std::string Revealed::result(std::string json) const {
    for (const auto& [name, value] : values_) {
        if (!value || value->size() < kHiddenFrom) continue;
        std::string quoted;
        write_json_string(*value, quoted);
        replace_all(json, std::string_view(quoted).substr(1, quoted.size() - 2), handle_of(name));
    }
    return json;
}

std::string Revealed::message(std::string text) const {
    for (const auto& [name, value] : values_) {
        if (value && value->size() >= kHiddenFrom) replace_all(text, *value, "[secret]");
    }
    return text;
}

Result<void> SecretDesk::place_named(JsonNode& node, const TypeTable& types, TypeId type) const {
    if (!has_secret(types, type)) return {};
    return each_secret_text(types, type, node, [&](JsonNode& at) -> Result<void> {
        const bool is_named = at.kind == JsonNode::Kind::Object && at.names.size() == 1 &&
                              at.names[0] == "secret" && at.items[0].kind == JsonNode::Kind::Text;
        if (!is_named) return {};
        const auto name = at.items[0].text;
        if (!config_.secrets.contains(name)) {
            return fail(ErrorKind::Usage, fmt::format("weft.toml names no secret `{}`", name),
                        fmt::format("[secrets]\n{} = \"env:NAME\"", name));
        }
        at = JsonNode{JsonNode::Kind::Text, handle_of(name), {}, {}};
        return {};
    });
}

Result<std::string> SecretDesk::with_named(const TypeTable& types, TypeId type,
                                           std::string json) const {
    if (!has_secret(types, type)) return json;
    auto node = parse_json(json);
    if (!node) return json;
    WEFT_TRY_VOID(place_named(*node, types, type));
    std::string out;
    write_json(*node, out);
    return out;
}

// The tag under the store's secret: the same value has the same handle, so that the same arguments
// are known as such, and who has not the key file can't tell which value it is.
Result<Value> SecretDesk::deposit(const store::RunRow& run, const store::Key& key,
                                  const TypeTable& types, TypeId type, const Value& value,
                                  store::Batch& batch) {
    if (value.is_none() || !has_secret(types, type)) return value;
    // With the run that began all of them: what one of them was given, the others may need.
    store::RunId owner = run.id;
    store::Key owner_key = key;
    for (auto parent = run.parent; parent;) {
        WEFT_TRY(row, store_.run(*parent));
        if (!row || row->ended_ms) break;
        WEFT_TRY(parent_key, store_.run_key(row->id));
        owner = row->id;
        owner_key = parent_key;
        parent = row->parent;
    }
    return with_deposits(types, type, value, [&](const std::string& text) {
        const auto tag = store_.keys().tag("secret", text);
        const auto name = std::string(kDeposit) + to_hex(view(tag));
        batch.changes.emplace_back(row_of(owner, owner_key, name, text));
        // Nobody's end may take it from a run that nobody waits for.
        if (owner != run.id) batch.changes.emplace_back(row_of(run.id, key, name, text));
        return handle_of(name);
    });
}

store::SecretRow SecretDesk::row_of(const store::RunId& run, const store::Key& key,
                                    const std::string& name, const std::string& text) {
    const auto context = store::secret_context(run, name);
    return {run, name, store::seal_bytes(store_.entropy(), key, context, text)};
}

Result<void> SecretDesk::hand_on(const store::RunId& from, const store::Key& from_key,
                                 const store::RunId& to, const store::Key& key, const Value& input,
                                 store::Batch& batch) {
    std::string written;
    encode_canonical(input, written);
    for (const auto& name : handles_in(written)) {
        if (!name.starts_with(kDeposit)) continue;
        std::optional<std::string> text;
        // What came in the same commit is not in the store yet.
        for (const auto& change : batch.changes) {
            const auto* row = std::get_if<store::SecretRow>(&change);
            if (row == nullptr || row->run != from || row->handle != name) continue;
            WEFT_TRY(opened,
                     store::open_bytes(from_key, store::secret_context(from, name), row->box));
            text = std::move(opened);
            break;
        }
        if (!text) {
            WEFT_TRY(found, find(from, name));
            text = std::move(found);
        }
        if (text) batch.changes.emplace_back(row_of(to, key, name, *text));
    }
    return {};
}

Result<Value> SecretDesk::deposit_input(const store::RunRow& run, const store::Key& key,
                                        const Image& image, const WorkflowRow& workflow,
                                        const Value& input, store::Batch& batch) {
    if (!knows_secrets(image.types)) return input;
    std::vector<Value> values = input.items();
    for (std::size_t i = 0; i < values.size(); ++i) {
        WEFT_TRY(value,
                 deposit(run, key, image.types, workflow.parameters[i].type, values[i], batch));
        values[i] = std::move(value);
    }
    return Value::record(std::move(values));
}

// In the run, or in one from which values flowed into it.
Result<std::optional<std::string>> SecretDesk::find(const store::RunId& run,
                                                    const std::string& handle) {
    std::vector<store::RunId> open{run};
    std::set<store::RunId> seen{run};
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        WEFT_TRY(rows, store_.secrets(id));
        const auto row = std::ranges::find(rows, handle, &store::SecretRow::handle);
        if (row != rows.end()) {
            WEFT_TRY(key, store_.run_key(id));
            WEFT_TRY(text, store::open_bytes(key, store::secret_context(id, handle), row->box));
            return std::optional(std::move(text));
        }
        WEFT_TRY(flows, store_.flows(id));
        for (const auto& flow : flows) {
            if (flow.to == id && seen.insert(flow.from).second) open.push_back(flow.from);
        }
    }
    return std::optional<std::string>();
}

Result<std::shared_ptr<Revealed>> SecretDesk::reveal(const store::RunId& run,
                                                     const std::string& arguments) {
    if (!has_handle(arguments)) return std::shared_ptr<Revealed>();
    SecretValues deposits;
    std::map<std::string, std::string> named;
    for (const auto& name : handles_in(arguments)) {
        if (!name.starts_with(kDeposit)) {
            const auto known = config_.secrets.find(name);
            if (known != config_.secrets.end()) {
                named.insert(*known);
            } else {
                deposits.emplace(name, fail(ErrorKind::NotFound,
                                            fmt::format("weft.toml names no secret `{}`", name)));
            }
            continue;
        }
        auto text = find(run, name);
        if (!text && text.error().kind != ErrorKind::Corrupt) return std::unexpected(text.error());
        if (!text) {
            deposits.emplace(name, fail(ErrorKind::Corrupt, "the row of a secret is damaged"));
        } else if (*text) {
            deposits.emplace(name, std::move(**text));
        } else {
            deposits.emplace(name, fail(ErrorKind::NotFound,
                                        "a secret is gone: what is given in the clear is kept "
                                        "until the end of its run; one that weft.toml names "
                                        "stays, {\"secret\": NAME}"));
        }
    }
    return std::make_shared<Revealed>(arguments, std::move(deposits), std::move(named),
                                      config_.directory);
}

}  // namespace weft::engine
