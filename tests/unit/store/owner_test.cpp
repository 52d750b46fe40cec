// Locks and sockets between real processes.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "store/lock.h"
#include "store/socket.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

TEST(OwnerLockTest, one_owner_at_a_time_and_its_text) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    auto lock = OwnerLock::acquire(path);
    ASSERT_TRUE(lock) << lock.error().message;
    OwnerText owner = this_process();
    owner.socket = "/somewhere/s.sock";
    owner.started_ms = 17;
    owner.engine = "0.1\n0";
    ASSERT_TRUE(lock->write_text(owner));
    EXPECT_TRUE(*owner_lock_held(path));
    const auto second = OwnerLock::acquire(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
    const auto text = *read_owner(path);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->socket, owner.socket);
    EXPECT_EQ(text->engine, "0.1 0");
    EXPECT_EQ(text->boot_id.size(), 36U);
    EXPECT_FALSE(owner_is_gone(*text));
    lock->release();
    EXPECT_FALSE(*owner_lock_held(path));
    EXPECT_FALSE(read_owner(path)->has_value());
    EXPECT_TRUE(std::filesystem::exists(path + ".lock"));
    EXPECT_TRUE(OwnerLock::acquire(path));
}

TEST(OwnerLockTest, a_killed_owner_s_lock_goes_and_its_text_is_known_to_be_old) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    const pid_t child = ::fork();
    if (child == 0) {
        auto lock = OwnerLock::acquire(path);
        if (!lock || !lock->write_text(this_process())) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(owner_is_gone(**read_owner(path)));
    EXPECT_FALSE(*owner_lock_held(path));
    EXPECT_TRUE(OwnerLock::acquire(path));
}

TEST(OwnerLockTest, a_link_in_its_place_is_not_followed) {
    TempFolder folder;
    std::ofstream(folder / "target") << "x";
    std::filesystem::create_symlink(folder / "target", folder / "s.weft.lock");
    EXPECT_FALSE(OwnerLock::acquire(folder / "s.weft"));
}

TEST(ChildrenLockTest, waits_for_children_that_outlive_their_engine) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    // An engine that starts a child and is killed; the child sleeps on with the inherited lock.
    const pid_t engine = ::fork();
    if (engine == 0) {
        auto shared = ChildrenLock::share(path);
        if (!shared) ::_exit(1);
        const pid_t worker = ::fork();
        if (worker == 0) {
            shared->keep_in_child();
            ::execl("/bin/sleep", "sleep", "0.4", nullptr);
            ::_exit(1);
        }
        ::usleep(100'000);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(engine, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    const auto early = ChildrenLock::wait_alone(path, 50);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().kind, ErrorKind::Unavailable);
    EXPECT_TRUE(ChildrenLock::wait_alone(path, 5000));
}

TEST(SocketTest, lines_and_bytes_go_both_ways) {
    TempFolder folder;
    std::ofstream(folder / "s.weft").flush();
    const auto path = socket_path(folder / "s.weft");
    ASSERT_TRUE(path);
    auto listener = Listener::bind(*path);
    ASSERT_TRUE(listener) << listener.error().message;
    struct stat info{};
    ASSERT_EQ(::lstat(path->c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    EXPECT_FALSE(listener->accept()->has_value());

    auto client = connect_to(*path, 1000);
    ASSERT_TRUE(client) << client.error().message;
    auto accepted = listener->accept();
    ASSERT_TRUE(accepted && *accepted);
    Connection server = std::move(**accepted);
    const auto peer = server.peer();
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->uid, ::geteuid());
    EXPECT_EQ(peer->pid, ::getpid());

    client->queue_line(R"({"id":1})");
    client->queue_line(R"({"id":2,"bytes":5})");
    client->queue_bytes("a\nb\nc");
    client->queue_line("{}");
    ASSERT_TRUE(*client->flush());
    EXPECT_EQ(*server.read_line(1000), R"({"id":1})");
    EXPECT_EQ(*server.read_line(1000), R"({"id":2,"bytes":5})");
    EXPECT_EQ(*server.read_bytes(5, 1000), "a\nb\nc");
    EXPECT_EQ(*server.read_line(1000), "{}");
    EXPECT_EQ(server.read_line(30).error().kind, ErrorKind::Unavailable);  // no answer
    client = connect_to(*path, 1000);
    EXPECT_EQ(server.read_line(1000).error().kind, ErrorKind::Unavailable);  // closed
}

TEST(SocketTest, a_line_may_have_one_mebibyte_and_not_a_byte_more) {
    TempFolder folder;
    auto listener = Listener::bind(folder / "x.sock");
    auto client = connect_to(folder / "x.sock", 1000);
    Connection server = std::move(**listener->accept());
    std::thread writer([&] {
        EXPECT_TRUE(client->write_line(std::string(kLineBytesMax, 'x'), 5000));
        client->queue_bytes(std::string(kLineBytesMax + 1, 'y'));
        (void)client->drain(5000);
    });
    const auto line = server.read_line(5000);
    ASSERT_TRUE(line) << line.error().message;
    EXPECT_EQ(line->size(), kLineBytesMax);
    EXPECT_EQ(server.read_line(5000).error().kind, ErrorKind::Refused);
    writer.join();
    EXPECT_EQ(client->write_line(std::string(kLineBytesMax + 1, 'x'), 10).error().kind,
              ErrorKind::Refused);
}

TEST(SocketTest, a_dead_owner_s_socket_is_told_from_a_live_one_and_replaced) {
    TempFolder folder;
    const std::string path = folder / "x.sock";
    EXPECT_EQ(connect_to(path, 100).error().kind, ErrorKind::Unavailable);
    const pid_t child = ::fork();
    if (child == 0) {
        auto listener = Listener::bind(path);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(connect_to(path, 100).error().kind, ErrorKind::Unavailable);
    {
        auto listener = Listener::bind(path);
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_TRUE(connect_to(path, 100));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    std::ofstream(path) << "mine";
    EXPECT_EQ(Listener::bind(path).error().kind, ErrorKind::Refused);
}

TEST(SocketTest, whoever_sees_the_name_is_answered) {
    TempFolder folder;
    const std::string path = folder / "x.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    std::atomic<bool> over = false;
    std::atomic<int> answered = 0;
    int refused = 0;
    // Odd while one is closed: who has looked the name up by then is refused, rightly.
    std::atomic<int> phase = 0;
    std::thread client([&] {
        while (!over) {
            const int before = phase;
            const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
            const auto* to = reinterpret_cast<const sockaddr*>(&address);
            if (::connect(fd, to, sizeof address) == 0) {
                ++answered;
            } else if (errno == ECONNREFUSED && before % 2 == 0 && before == phase) {
                ++refused;
            }
            ::close(fd);
        }
    });
    for (int i = 0; i < 3000 || (answered == 0 && i < 100'000); ++i) {
        {
            const auto listener = Listener::bind(path);
            EXPECT_TRUE(listener);
            ++phase;
        }
        ++phase;
    }
    over = true;
    client.join();
    EXPECT_EQ(refused, 0);
    EXPECT_GT(answered, 0);
}

TEST(SocketTest, a_long_path_goes_to_the_runtime_folder) {
    TempFolder folder;
    const std::string deep = folder / std::string(90, 'd');
    std::filesystem::create_directory(deep);
    std::ofstream(deep + "/s.weft").flush();
    std::filesystem::create_directory(folder / "run");
    const std::string run = folder / "run";
    ::setenv("XDG_RUNTIME_DIR", run.c_str(), 1);
    const auto path = socket_path(deep + "/s.weft");
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_TRUE(path->starts_with(run + "/weft/"));
    EXPECT_TRUE(Listener::bind(*path));
    // A folder that others can enter is not used.
    std::filesystem::permissions(run + "/weft", std::filesystem::perms::all);
    EXPECT_EQ(socket_path(deep + "/s.weft").error().kind, ErrorKind::Refused);
    ::unsetenv("XDG_RUNTIME_DIR");
}

}  // namespace
}  // namespace weft::store
