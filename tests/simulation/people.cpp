#include "tests/simulation/people.h"

#include <nlohmann/json.hpp>

#include "tests/simulation/plain.h"

namespace weft::simulation {

namespace {

// Another one each time, since nobody may approve twice.
void approve(const engine::LiveRun& run, const vm::Want& want, const Ask& ask) {
    const Image& image = run.image();
    const auto& review = image.reviews[want.review];
    const auto& roles = review.roles_of(want.line);
    const auto number = std::to_string(want.approved_by.size() + 1);
    const auto task = to_hex(view(run.id())) + ":" + std::to_string(want.task);
    Json parameters = {{"task", task},
                       {"decision", "approve"},
                       {"role", roles.empty() ? "anyone" : roles.front()},
                       {"reason", "it is plain"},
                       {"as", "person " + number},
                       {"request", task + " " + std::to_string(want.line) + " " + number}};
    if (review.form.has_value()) {
        parameters["form"] = plain_json(image.types, review.form).value_or("null");
    }
    ask("decide", parameters);
}

void send(const engine::LiveRun& run, const vm::Want& want, const Ask& ask) {
    const Image& image = run.image();
    const auto& wait = image.waits[want.wait];
    const auto& workflow = image.workflows[run.machine().begin().workflow];
    const auto& signal = workflow.signals[wait.signals.front()];
    ask("signal", {{"run", to_hex(view(run.id()))},
                   {"signal", signal.name},
                   {"value", plain_json(image.types, signal.type).value_or("null")},
                   {"request", "for " + wait.path + " " + std::to_string(run.next_seq())}});
}

}  // namespace

bool help_run(engine::LiveRun& run, const Ask& ask) {
    for (const auto& want : run.machine().wants()) {
        if (want.kind == vm::WantKind::Decision) {
            approve(run, want, ask);
            return true;
        }
        if (want.kind == vm::WantKind::Signal) {
            send(run, want, ask);
            return true;
        }
    }
    return false;
}

}  // namespace weft::simulation
