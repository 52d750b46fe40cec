// A program that keeps accounts in the store of its workflows: what a transfer writes and the
// record that it was done are one commit. However often the program is killed, no transfer is lost,
// none is done twice, and none has to be asked about.
//
//     transfer STORE COUNT    ends what was begun before, and begins so many transfers more
#include <weft/engine.h>
#include <weft/program.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr const char* kSource = R"(
/// Moves an amount from one account to the other, and gives what is left.
worker bank.move(from: Text, to: Text, amount: Int) -> Int
  effect transaction
  timeout 5s

workflow transfer(amount: Int where it in 1..1_000) -> Int
  within 1h
{
  step left = bank.move("till", "safe", amount)
    compensate bank.move("safe", "till", amount)
  return left
}
)";

int fail(const weft::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.hint.c_str());
    return 1;
}

weft::Error as_error(const weft::WorkerError& error) {
    return {weft::ErrorKind::Environment, error.message, ""};
}

weft::Result<void> make_accounts(weft::Transaction& database) {
    for (const char* sql : {
             "CREATE TABLE IF NOT EXISTS app_account(name TEXT PRIMARY KEY, balance INTEGER)",
             "CREATE TABLE IF NOT EXISTS app_move(run TEXT, amount INTEGER)",
             "INSERT INTO app_account VALUES('till', 1000000), ('safe', 0) ON CONFLICT DO NOTHING",
         }) {
        auto done = database.run(sql);
        if (!done) return std::unexpected(as_error(done.error()));
    }
    return {};
}

weft::WorkerOutcome move(const weft::WorkerCall& call, weft::Transaction& database) {
    const std::string arguments(call.arguments);
    auto left = database.run(
        "UPDATE app_account SET balance = balance - json_extract(?1, '$.amount') "
        "WHERE name = json_extract(?1, '$.from') AND balance >= json_extract(?1, '$.amount') "
        "RETURNING balance",
        {arguments});
    if (!left) return std::unexpected(left.error());
    if (left->empty())
        return std::unexpected(weft::WorkerError{"Rejected", "not enough is there", true, {}, {}});
    auto put = database.run(
        "UPDATE app_account SET balance = balance + json_extract(?1, '$.amount') "
        "WHERE name = json_extract(?1, '$.to')",
        {arguments});
    if (!put) return std::unexpected(put.error());
    auto noted = database.run("INSERT INTO app_move VALUES(?2, json_extract(?1, '$.amount'))",
                              {arguments, std::string(call.run)});
    if (!noted) return std::unexpected(noted.error());
    return weft::WorkerValue{std::to_string(std::get<std::int64_t>(left->front()[0])), {}};
}

// What the accounts say: "till 999988, safe 12, 4 moves of 4 runs".
weft::Result<void> tell(weft::Transaction& database) {
    auto rows = database.run(
        "SELECT (SELECT balance FROM app_account WHERE name = 'till'),"
        " (SELECT balance FROM app_account WHERE name = 'safe'),"
        " count(*), count(DISTINCT run), coalesce(sum(amount), 0) FROM app_move");
    if (!rows) return std::unexpected(as_error(rows.error()));
    std::vector<long long> is;
    for (const auto& value : rows->front()) is.push_back(std::get<std::int64_t>(value));
    std::printf("till %lld, safe %lld, %lld moves of %lld runs, %lld in all\n", is[0], is[1], is[2],
                is[3], is[4]);
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fputs("transfer STORE COUNT\n", stderr), 2;
    auto compiled = weft::compile_text("transfer.wf", kSource);
    if (!compiled.program) return std::fputs(compiled.text.c_str(), stderr), 1;
    auto engine = weft::Engine::open({.store = argv[1], .config = ""});
    if (!engine) return fail(engine.error());
    (*engine)->add_transaction("bank.move", move);
    if (auto made = (*engine)->transact(make_accounts); !made) return fail(made.error());
    // What an engine before this one left unfinished goes on.
    if (auto taken = (*engine)->request("resume", R"({"all": true})"); !taken) {
        return fail(taken.error());
    }
    std::vector<std::string> runs;
    for (int i = 0; i < std::atoi(argv[2]); ++i) {
        auto run = (*engine)->start(*compiled.program, "transfer", R"({"amount": 3})");
        if (!run) return fail(run.error());
        std::printf("begun %s\n", run->c_str());
        std::fflush(stdout);
        runs.push_back(*run);
    }
    for (const auto& run : runs) {
        auto report = (*engine)->wait(run);
        if (!report) return fail(report.error());
    }
    while ((*engine)->busy()) {
        if (auto turned = (*engine)->turn(std::chrono::milliseconds(10)); !turned) {
            return fail(turned.error());
        }
    }
    if (auto told = (*engine)->transact(tell); !told) return fail(told.error());
    auto closed = (*engine)->close();
    return closed ? 0 : fail(closed.error());
}
