// Logs that somebody made who has a store's key: records that were changed, left out, doubled or
// moved, with every hash, commitment, proof and signature made anew, so that nothing but the
// protocol and the machine itself can tell. They must say no, and never fall over.
//
// An input is a byte that says which bundle, then changes of 8 bytes each: what, the record, the
// place in it (16 bits), and what to put there (32 bits).
#include <sodium.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "bytecode/record.h"
#include "engine/bundle.h"
#include "engine/bundle_check.h"
#include "store/merkle.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

namespace {

using engine::Bundle;
using engine::BundledPayload;
using engine::BundleRecord;

constexpr std::size_t kChangeBytes = 8;
constexpr std::size_t kChangesMax = 16;
constexpr const char* kOrigin = "forged.example/log";

struct Change {
    std::uint8_t what = 0;
    std::uint8_t which = 0;
    std::uint16_t place = 0;
    std::uint32_t value = 0;
};

class Key {
  public:
    Key() {
        const Hash seed{7};
        WEFT_CHECK(crypto_sign_seed_keypair(public_key.data(), secret_.data(), seed.data()) == 0);
    }
    [[nodiscard]] std::string sign(std::string_view text) const {
        std::string out(crypto_sign_BYTES, '\0');
        crypto_sign_detached(reinterpret_cast<std::uint8_t*>(out.data()), nullptr,
                             reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                             secret_.data());
        return out;
    }
    Hash public_key{};

  private:
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_{};
};

const std::vector<Bundle>& originals() {
    static const std::vector<Bundle> all = [] {
        std::vector<Bundle> out;
        for (const auto& bytes : files_under("tests/frozen/bundles", ".bundle")) {
            out.push_back(*engine::decode_bundle(bytes));
        }
        return out;
    }();
    return all;
}

void put_number(std::string& text, std::size_t at, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes && at + i < text.size(); ++i) {
        text[at + i] = static_cast<char>(value >> (8 * i));
    }
}

void change_bytes(BundleRecord& entry, Record& record, const Change& change) {
    const auto place = change.place;
    switch (change.what % 8) {
        case 0:
            if (!record.body.empty()) {
                put_number(record.body, place % record.body.size(), change.value, 1);
            }
            break;
        case 1:
            if (!record.body.empty()) {
                put_number(record.body, place % record.body.size() / 8 * 8, change.value, 8);
            }
            break;
        case 2:
            if (!entry.payload.empty()) {
                put_number(entry.payload, place % entry.payload.size(), change.value, 1);
            }
            break;
        case 3:
            entry.payload.resize(place % (entry.payload.size() + 2),
                                 static_cast<char>(change.value));
            break;
        case 4:
            record.kind = static_cast<RecordKind>(change.value % 128);
            break;
        case 5:
            record.time_ms += static_cast<std::int64_t>(change.value) - place * 65536LL;
            break;
        case 6:
            (place % 2 == 0 ? record.site : record.branch) = change.value % 64;
            break;
        default:
            if (place % 3 == 0) record.by_operator = !record.by_operator;
            if (place % 3 == 1) record.copied = !record.copied;
            if (place % 3 == 2) record.fuel += change.value % 1000;
    }
}

void change_order(std::vector<BundleRecord>& records, const Change& change) {
    const auto at = static_cast<std::ptrdiff_t>(change.which % records.size());
    const auto other = static_cast<std::ptrdiff_t>(change.value % records.size());
    switch (change.what % 4) {
        case 0:
            if (records.size() > 1) records.erase(records.begin() + at);
            break;
        case 1: {
            const auto copy = records[static_cast<std::size_t>(at)];
            records.insert(records.begin() + other, copy);
            break;
        }
        case 2:
            std::swap(records[static_cast<std::size_t>(at)],
                      records[static_cast<std::size_t>(other)]);
            break;
        default:
            records.resize(static_cast<std::size_t>(at) + 1);
    }
}

void apply(Bundle& bundle, const Change& change) {
    if (change.what >= 192) return change_order(bundle.records, change);
    auto& entry = bundle.records[change.which % bundle.records.size()];
    auto record = decode_record(entry.record);
    if (!record) return;
    change_bytes(entry, *record, change);
    // What one record alone shows, the other targets are for.
    if (record_problem(*record).empty()) entry.record = encode_record(*record);
}

// Leaves, chains, commitments, tree and signatures as a store with this key would have made them.
void make_sound(Bundle& bundle, const Key& key) {
    struct Head {
        std::uint64_t seq = 0;
        Hash leaf{};
    };
    std::map<Bytes16, Head> heads;
    store::MerkleEdge tree;
    std::vector<store::Tile> full;
    for (std::size_t i = 0; i < bundle.records.size(); ++i) {
        auto& entry = bundle.records[i];
        entry.leaf = i;
        auto record = decode_record(entry.record);
        WEFT_CHECK(record.has_value());
        auto& head = heads[record->run];
        if (record->run != Bytes16{}) {
            record->seq = head.seq;
            record->prev = head.leaf;
        }
        if (entry.state == BundledPayload::Here) {
            record->commitment = commitment(entry.salt, entry.payload);
        }
        if (record_problem(*record).empty()) entry.record = encode_record(*record);
        head = {head.seq + 1, leaf_hash(entry.record)};
        tree.append(head.leaf, full);
    }
    const auto sign = [&](std::string_view text) { return key.sign(text); };
    bundle.verifier_key = store::verifier_key(kOrigin, key.public_key);
    bundle.checkpoint = store::make_note(kOrigin, tree.size(), tree.root(), key.public_key, sign);
    bundle.path.clear();
    bundle.earlier.clear();
    engine::seal_bundle(bundle, key.public_key, sign);
}

}  // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < originals().size(); ++i) {
        const auto first = std::string(1, static_cast<char>(i));
        out.push_back(first);
        for (char what = 0; what < 8; ++what) {
            out.push_back(first + what + std::string("\2\0\0\1\0\0\0", 7));
            out.push_back(first + static_cast<char>(192 + what) + std::string("\3\0\0\1\0\0\0", 7));
        }
    }
    return out;
}

std::vector<std::string> dictionary() {
    return {std::string(8, '\0'), "\xC0", "\xC1", "\xC2", "\xC3", "\xFF\xFF\xFF\xFF"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    static const fuzz::Key key;
    const auto& originals = fuzz::originals();
    ByteReader in(fuzz::text_of(data, size));
    auto bundle = originals[in.u8() % originals.size()];
    for (std::size_t i = 0; i < fuzz::kChangesMax && in.left() >= fuzz::kChangeBytes; ++i) {
        const fuzz::Change change{in.u8(), in.u8(), in.u16(), in.u32()};
        fuzz::apply(bundle, change);
    }
    fuzz::make_sound(bundle, key);
    const auto bytes = engine::encode_bundle(bundle);
    const auto report = engine::check_bundle(bytes, {});
    WEFT_CHECK(report.has_value());
    for (const auto& finding : report->findings) {
        WEFT_CHECK(!finding.what.empty());
        // All that only a hash or a signature shows is as it should be.
        WEFT_CHECK(finding.table != "key" && finding.table != "seal" && finding.table != "tree" &&
                   finding.table != "checkpoint");
    }
    return 0;
}
