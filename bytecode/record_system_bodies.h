// Bodies of the system chain's records: what belongs to no run. As record_bodies.h.
#pragma once

#include "bytecode/record_bodies.h"

namespace weft {

struct OpenedBody {
    std::uint16_t major = 0;  // version of the engine
    std::uint16_t minor = 0;
    std::uint16_t patch = 0;
    std::uint32_t semantics = 0;  // newest that it runs
    Bytes16 store{};
    WEFT_BODY(OpenedBody, b.major, b.minor, b.patch, Zeros<2>{}, b.semantics, Zeros<4>{}, b.store);
};
struct ClosedBody {
    CloseReason reason = CloseReason::Clean;
    WEFT_BODY(ClosedBody, b.reason, Zeros<7>{});
};
struct KeyAddedBody {
    KeyPurpose purpose = KeyPurpose::Signing;
    Bytes16 key_id{};
    Hash public_key{};  // Ed25519; zero for secret keys
    WEFT_BODY(KeyAddedBody, b.purpose, Zeros<7>{}, b.key_id, b.public_key);
};
struct KeyRevokedBody {
    KeyPurpose purpose = KeyPurpose::Signing;
    Bytes16 key_id{};
    Bytes16 actor{};
    WEFT_BODY(KeyRevokedBody, b.purpose, Zeros<7>{}, b.key_id, b.actor);
};
struct ActorBody {
    Bytes16 actor{};
    ActorKind kind = ActorKind::Person;
    WEFT_BODY(ActorBody, b.actor, b.kind, Zeros<7>{});
};
struct BreakerBody {
    Bytes16 worker{};  // tag of the worker's name
    BreakerState state = BreakerState::Closed;
    std::uint32_t failures = 0;
    WEFT_BODY(BreakerBody, b.worker, b.state, Zeros<3>{}, b.failures);
};
struct ClockStepBody {
    std::int64_t before_ms = 0;
    std::int64_t after_ms = 0;
    WEFT_BODY(ClockStepBody, b.before_ms, b.after_ms);
};
struct AttestedBody {
    Bytes16 run{};
    std::uint64_t records = 0;
    AttestedResult result = AttestedResult::Same;
    Hash end_leaf{};
    WEFT_BODY(AttestedBody, b.run, b.records, b.result, Zeros<7>{}, b.end_leaf);
};
struct EraseBody {
    std::uint32_t runs = 0;
    Bytes16 actor{};
    WEFT_BODY(EraseBody, b.runs, Zeros<4>{}, b.actor);
};
struct ErasedBody {
    std::uint64_t erase = 0;  // seq of the erase or retained record
    std::uint32_t runs = 0;
    WEFT_BODY(ErasedBody, b.erase, b.runs, Zeros<4>{});
};
struct RetainedBody {
    std::uint32_t runs = 0;
    WEFT_BODY(RetainedBody, b.runs, Zeros<4>{});
};
struct ImportedBody {
    Bytes16 store{};  // the other store, its checkpoint
    std::uint64_t tree_size = 0;
    Hash tree_root{};
    std::uint32_t runs = 0;
    Bytes16 actor{};
    WEFT_BODY(ImportedBody, b.store, b.tree_size, b.tree_root, b.runs, Zeros<4>{}, b.actor);
};
struct ExportedBody {
    std::uint32_t runs = 0;
    std::uint64_t tree_size = 0;
    Bytes16 actor{};
    WEFT_BODY(ExportedBody, b.runs, Zeros<4>{}, b.tree_size, b.actor);
};
struct SchemaBody {
    std::uint32_t from_version = 0;
    std::uint32_t to_version = 0;
    WEFT_BODY(SchemaBody, b.from_version, b.to_version);
};
struct AcceptedBody {
    AcceptedWhat what = AcceptedWhat::Rollback;
    Bytes16 actor{};
    WEFT_BODY(AcceptedBody, b.what, Zeros<7>{}, b.actor);
};
struct DedupeRotatedBody {
    std::uint32_t from_version = 0;
    std::uint32_t to_version = 0;
    WEFT_BODY(DedupeRotatedBody, b.from_version, b.to_version);
};
struct LegalHoldBody {
    Bytes16 run{};
    Bytes16 actor{};
    HoldChange change = HoldChange::Placed;
    WEFT_BODY(LegalHoldBody, b.run, b.actor, b.change, Zeros<7>{});
};
struct ScheduledBody {
    Bytes16 schedule{};       // tag of its name
    std::int64_t due_ms = 0;  // of the last one, where there are several
    Bytes16 run{};            // that began; else zero
    ScheduledWhat what = ScheduledWhat::Started;
    std::uint32_t count = 1;  // times in a row; more than one only of those that were missed
    WEFT_BODY(ScheduledBody, b.schedule, b.due_ms, b.run, b.what, Zeros<3>{}, b.count);
};

}  // namespace weft
