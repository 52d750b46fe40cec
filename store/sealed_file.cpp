#include "store/sealed_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "store/raw_bytes.h"

namespace weft::store {

namespace {

constexpr std::string_view kFileMagic{"weftfile\x01\0\0\0\0\0\0\0", 16};
constexpr std::size_t kHeaderBytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kSealBytes = crypto_secretstream_xchacha20poly1305_ABYTES;

std::string chunk_context(const RunId& run, const Bytes16& id, std::uint64_t number) {
    ByteWriter out;
    out.raw(view(run));
    out.raw(view(id));
    out.u64(number);
    return out.take();
}

Result<void> make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) return sync_folder_of(path);
    if (errno == EEXIST) return {};
    return fail_errno("make the folder", path);
}

}  // namespace

std::string sealed_file_path(const std::string& folder, const Bytes16& id) {
    const std::string name = to_hex(view(id));
    return folder + "/" + name.substr(0, 2) + "/" + name;
}

struct FileWriter::State {
    std::string path;
    std::string temporary;
    Fd fd;
    FileRow row;
    crypto_secretstream_xchacha20poly1305_state stream{};
    std::string buffer;
    std::uint64_t offset = 0;
    std::uint64_t chunks = 0;

    ~State() {
        if (fd.valid()) ::unlink(temporary.c_str());
        sodium_memzero(&stream, sizeof stream);
        if (!buffer.empty()) sodium_memzero(buffer.data(), buffer.size());
    }
};

FileWriter::FileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter::~FileWriter() = default;

Result<FileWriter> FileWriter::begin(const std::string& folder, const Key& key, const RunId& run,
                                     Entropy& entropy) {
    auto state = std::make_unique<State>();
    state->row.id = entropy.bytes<16>();
    state->row.run = run;
    state->path = sealed_file_path(folder, state->row.id);
    state->temporary = state->path + ".part";
    WEFT_TRY_VOID(make_folder(folder));
    WEFT_TRY_VOID(make_folder(folder_of(state->path)));
    WEFT_TRY(fd, open_file(state->temporary, O_WRONLY | O_CREAT | O_EXCL));
    state->fd = std::move(fd);
    std::string header(kHeaderBytes, '\0');
    const int rc = crypto_secretstream_xchacha20poly1305_init_push(&state->stream, bytes_of(header),
                                                                   key.data());
    WEFT_CHECK(rc == 0);
    header.insert(0, kFileMagic);
    WEFT_TRY_VOID(write_at(state->fd, 0, header, state->temporary));
    state->offset = header.size();
    return FileWriter(std::move(state));
}

Result<void> FileWriter::seal_chunk(std::string_view part, bool last) {
    std::string sealed(part.size() + kSealBytes, '\0');
    const std::string context = chunk_context(state_->row.run, state_->row.id, state_->chunks++);
    const auto tag =
        static_cast<unsigned char>(last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    const int rc = crypto_secretstream_xchacha20poly1305_push(
        &state_->stream, bytes_of(sealed), nullptr, bytes_of(part), part.size(), bytes_of(context),
        context.size(), tag);
    WEFT_CHECK(rc == 0);
    WEFT_TRY_VOID(write_at(state_->fd, state_->offset, sealed, state_->temporary));
    state_->offset += sealed.size();
    return {};
}

Result<void> FileWriter::write(std::string_view part) {
    if (state_->row.size + part.size() > kFileBytesMax) {
        return fail(ErrorKind::Refused, "a body is larger than 4 GiB");
    }
    state_->row.size += part.size();
    // A full chunk waits for what follows: only the end knows that it is the last.
    while (!part.empty()) {
        if (state_->buffer.size() == kFileChunkBytes) {
            WEFT_TRY_VOID(seal_chunk(state_->buffer, false));
            state_->buffer.clear();
        }
        const std::size_t take = std::min(part.size(), kFileChunkBytes - state_->buffer.size());
        state_->buffer.append(part.substr(0, take));
        part.remove_prefix(take);
    }
    return {};
}

Result<FileRow> FileWriter::finish() {
    WEFT_TRY_VOID(seal_chunk(state_->buffer, true));
    WEFT_TRY_VOID(sync_data(state_->fd, state_->temporary));
    if (::rename(state_->temporary.c_str(), state_->path.c_str()) != 0) {
        return fail_errno("rename", state_->temporary);
    }
    state_->fd.reset();
    WEFT_TRY_VOID(sync_folder_of(state_->path));
    return state_->row;
}

struct FileReader::State {
    std::string path;
    Fd fd;
    FileRow row;
    crypto_secretstream_xchacha20poly1305_state stream{};
    std::uint64_t offset = 0;
    std::uint64_t chunks = 0;
    std::uint64_t given = 0;
    bool ended = false;

    ~State() { sodium_memzero(&stream, sizeof stream); }
};

FileReader::FileReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileReader::FileReader(FileReader&&) noexcept = default;
FileReader::~FileReader() = default;

Result<FileReader> FileReader::open(const std::string& folder, const Key& key, const FileRow& row) {
    auto state = std::make_unique<State>();
    state->path = sealed_file_path(folder, row.id);
    state->row = row;
    WEFT_TRY(fd, open_file(state->path, O_RDONLY));
    state->fd = std::move(fd);
    WEFT_TRY(head, read_at(state->fd, 0, kFileMagic.size() + kHeaderBytes, state->path));
    if (head.size() != kFileMagic.size() + kHeaderBytes || !head.starts_with(kFileMagic) ||
        crypto_secretstream_xchacha20poly1305_init_pull(
            &state->stream, bytes_of(head) + kFileMagic.size(), key.data()) != 0) {
        return fail(ErrorKind::Corrupt, "the sealed file " + state->path + " is damaged");
    }
    state->offset = head.size();
    return FileReader(std::move(state));
}

Result<std::string> FileReader::next() {
    if (state_->ended) return std::string();
    WEFT_TRY(sealed,
             read_at(state_->fd, state_->offset, kFileChunkBytes + kSealBytes, state_->path));
    const auto damaged = [&] {
        return fail(ErrorKind::Corrupt, "the sealed file " + state_->path + " is damaged");
    };
    if (sealed.size() < kSealBytes) return damaged();
    std::string part(sealed.size() - kSealBytes, '\0');
    const std::string context = chunk_context(state_->row.run, state_->row.id, state_->chunks++);
    unsigned char tag = 0;
    const int rc = crypto_secretstream_xchacha20poly1305_pull(
        &state_->stream, bytes_of(part), nullptr, &tag, bytes_of(sealed), sealed.size(),
        bytes_of(context), context.size());
    if (rc != 0) return damaged();
    state_->offset += sealed.size();
    state_->given += part.size();
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
        state_->ended = true;
        WEFT_TRY(size, file_size(state_->fd, state_->path));
        if (state_->given != state_->row.size || size != state_->offset) return damaged();
    }
    return part;
}

Result<FileRow> write_sealed_file(const std::string& folder, const Key& key, const RunId& run,
                                  Entropy& entropy, std::string_view body) {
    WEFT_TRY(writer, FileWriter::begin(folder, key, run, entropy));
    WEFT_TRY_VOID(writer.write(body));
    return writer.finish();
}

Result<std::string> read_sealed_file(const std::string& folder, const Key& key,
                                     const FileRow& row) {
    WEFT_TRY(reader, FileReader::open(folder, key, row));
    std::string body;
    while (true) {
        WEFT_TRY(part, reader.next());
        if (part.empty()) return body;
        body += part;
    }
}

}  // namespace weft::store
