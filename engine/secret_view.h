// Keeps values labelled Secret out of what people and auditors are shown: log, result, bundle. It
// goes by the types of the run's image; values are hidden, never searched for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "bytecode/record.h"

namespace weft::engine {

// Whether values of the type can have a part that is labelled Secret.
bool has_secret(const TypeTable& types, TypeId type);
// The value with the text [secret] in the place of each such part. It may not fit its type then.
Value hide_secrets(const TypeTable& types, TypeId type, const Value& value);

// Over the records of one run, in order.
class SecretView {
  public:
    explicit SecretView(std::shared_ptr<const Image> image) : image_(std::move(image)) {}
    // The run goes on under another program: records from now on are of that image.
    void use(std::shared_ptr<const Image> image);
    // The payload of the record without its secrets; none when it has none.
    std::optional<Value> hide(const Record& record, const std::string& payload);

  private:
    struct Call {
        SiteKind kind = SiteKind::Step;
        std::uint32_t row = 0;
        bool of_former = false;  // of the image before, whose types are not at hand any more
        bool is_secret = false;  // … its result, whole
    };
    void note_call(const Record& record);
    [[nodiscard]] const WorkflowRow* find_workflow(const std::string& name) const;
    [[nodiscard]] TypeId result_of(std::uint64_t call) const;
    bool hide_field(std::vector<Value>& fields, std::size_t i, TypeId type) const;
    bool hide_parameters(std::vector<Value>& values, const WorkflowRow& workflow) const;
    bool hide_parts(const Record& record, std::vector<Value>& fields);
    bool hide_result(const Record& record, std::vector<Value>& fields) const;

    std::shared_ptr<const Image> image_;
    const WorkflowRow* workflow_ = nullptr;
    std::map<std::uint64_t, Call> calls_;
};

}  // namespace weft::engine
