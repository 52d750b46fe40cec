#include "engine/bundle.h"

#include "base/check.h"
#include "base/hash.h"

namespace weft::engine {
namespace {

constexpr std::string_view kMagic = "weft bundle 1\n";

void put_section(ByteWriter& out, std::string_view name, std::string_view content) {
    out.raw(name);
    out.u64(content.size());
    out.raw(content);
}

std::string program_section(const BundleProgram& program) {
    ByteWriter out;
    out.u64(program.ir.size());
    out.raw(program.ir);
    out.raw(program.source);
    return out.take();
}

std::string record_section(const std::vector<BundleRecord>& records) {
    ByteWriter out;
    for (const auto& entry : records) {
        out.u64(entry.leaf);
        out.u16(static_cast<std::uint16_t>(entry.record.size()));
        out.raw(entry.record);
        out.u8(static_cast<std::uint8_t>(entry.state));
        if (entry.state != BundledPayload::Here) continue;
        out.raw(view(entry.salt));
        out.u64(entry.payload.size());
        out.raw(entry.payload);
    }
    return out.take();
}

std::string hashes_text(const std::vector<Hash>& hashes) {
    std::string out;
    for (const auto& hash : hashes) out.append(view(hash));
    return out;
}

std::string checkpoint_section(const BundleCheckpoint& checkpoint) {
    ByteWriter out;
    out.block(checkpoint.note);
    out.raw(hashes_text(checkpoint.proof));
    return out.take();
}

std::string encode_unsealed(const Bundle& bundle) {
    ByteWriter out;
    out.raw(kMagic);
    put_section(out, "key ", bundle.verifier_key);
    put_section(out, "note", bundle.checkpoint);
    for (const auto& program : bundle.programs) {
        put_section(out, "prog", program_section(program));
    }
    for (const auto& image : bundle.images) put_section(out, "imag", image);
    put_section(out, "recs", record_section(bundle.records));
    put_section(out, "path", hashes_text(bundle.path));
    for (const auto& one : bundle.earlier) put_section(out, "earl", checkpoint_section(one));
    return out.take();
}

std::unexpected<Error> bad_bundle(std::string_view what) {
    return fail(ErrorKind::Corrupt, "this is no bundle of format 1: " + std::string(what));
}

// Sections in their order, one after another.
class SectionReader {
  public:
    explicit SectionReader(std::string_view bytes) : bytes_(bytes) {}

    bool next_is(std::string_view name) const { return bytes_.starts_with(name); }
    Result<std::string_view> take(std::string_view name) {
        ByteReader in(bytes_);
        if (!next_is(name)) {
            return bad_bundle("its part `" + std::string(name.substr(0, name.find(' '))) +
                              "` is not where it should be");
        }
        in.raw(name.size());
        const std::uint64_t size = in.u64();
        const auto content = in.raw(static_cast<std::size_t>(size));
        if (!in.ok()) return bad_bundle("it ends too early");
        bytes_.remove_prefix(12 + content.size());
        return content;
    }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    std::string_view bytes_;
};

bool read_hashes(std::string_view bytes, std::vector<Hash>& out) {
    if (bytes.size() % 32 != 0) return false;
    for (; !bytes.empty(); bytes.remove_prefix(32))
        out.push_back(to_array<32>(bytes.substr(0, 32)));
    return true;
}

bool read_bundled(std::string_view bytes, std::vector<BundleRecord>& out) {
    ByteReader in(bytes);
    while (in.ok() && in.left() > 0) {
        auto& entry = out.emplace_back();
        entry.leaf = in.u64();
        entry.record = std::string(in.raw(in.u16()));
        const auto state = in.u8();
        if (state > static_cast<std::uint8_t>(BundledPayload::Erased)) return false;
        entry.state = static_cast<BundledPayload>(state);
        if (entry.state != BundledPayload::Here) continue;
        const auto salt = in.raw(16);
        if (salt.size() == 16) entry.salt = to_array<16>(salt);
        entry.payload = std::string(in.raw(static_cast<std::size_t>(in.u64())));
    }
    return in.ok() && !out.empty();
}

bool read_program(std::string_view bytes, BundleProgram& out) {
    ByteReader in(bytes);
    out.ir = std::string(in.raw(static_cast<std::size_t>(in.u64())));
    if (!in.ok()) return false;
    out.source = std::string(in.raw(in.left()));
    return true;
}

bool read_earlier(std::string_view bytes, BundleCheckpoint& out) {
    ByteReader in(bytes);
    out.note = std::string(in.block());
    return in.ok() && read_hashes(in.raw(in.left()), out.proof);
}

}  // namespace

std::string seal_name(const std::string& origin) {
    return origin + "/bundle";
}

std::string seal_text(const std::string& origin, const Bundle& bundle) {
    return seal_name(origin) + "\n" + store::to_base64(view(sha256(encode_unsealed(bundle)))) +
           "\n";
}

void seal_bundle(Bundle& bundle, const Hash& public_key, const store::Signer& sign) {
    const auto key = store::parse_verifier_key(bundle.verifier_key);
    WEFT_CHECK(key.has_value());
    bundle.seal =
        store::sign_note(seal_name(key->origin), public_key, seal_text(key->origin, bundle), sign);
}

std::string encode_bundle(const Bundle& bundle) {
    ByteWriter out;
    out.raw(encode_unsealed(bundle));
    put_section(out, "seal", bundle.seal);
    return out.take();
}

Result<Bundle> decode_bundle(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) return bad_bundle("it begins otherwise");
    SectionReader in(bytes.substr(kMagic.size()));
    Bundle out;
    WEFT_TRY(key, in.take("key "));
    out.verifier_key = std::string(key);
    WEFT_TRY(note, in.take("note"));
    out.checkpoint = std::string(note);
    while (in.next_is("prog")) {
        WEFT_TRY(program, in.take("prog"));
        if (!read_program(program, out.programs.emplace_back())) return bad_bundle("a program");
    }
    while (in.next_is("imag")) {
        WEFT_TRY(image, in.take("imag"));
        out.images.emplace_back(image);
    }
    WEFT_TRY(records, in.take("recs"));
    if (!read_bundled(records, out.records)) return bad_bundle("its records");
    WEFT_TRY(path, in.take("path"));
    if (!read_hashes(path, out.path)) return bad_bundle("its proof");
    while (in.next_is("earl")) {
        WEFT_TRY(earlier, in.take("earl"));
        if (!read_earlier(earlier, out.earlier.emplace_back())) return bad_bundle("a checkpoint");
    }
    WEFT_TRY(seal, in.take("seal"));
    out.seal = std::string(seal);
    if (!in.at_end()) return bad_bundle("something stands behind it");
    return out;
}

}  // namespace weft::engine
