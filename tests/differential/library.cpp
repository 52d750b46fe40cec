// Workers and errors of generated programs.
#include "tests/differential/writer.h"

namespace weft::differential {

const std::map<std::string, std::string>& library() {
    static const std::map<std::string, std::string> kLibrary = {
        {"Oops", "error Oops {\n  why: Text\n}\n"},
        {"Nope", "error Nope {\n  code: Int\n}\n"},
        {"w.look",
         "worker w.look(x: Int) -> Int\n  effect  read\n  fails   Oops, Nope\n"
         "  timeout 30s\n  retry   1 times, backoff 1s to 5s\n"},
        {"w.text", "worker w.text(x: Int) -> Text\n  effect  read\n  timeout 10s\n"},
        {"w.score",
         "worker w.score(x: Int) -> Score\n  effect  read\n  timeout 20s\n"
         "  retry   1 times, backoff 1s to 5s\n"},
        {"w.price",
         "worker w.price(x: Int) -> Int\n  effect  read\n  fails   Oops, Nope\n  timeout 20s\n"
         "  retry   2 times, backoff 1s to 2s\n  costs   0.10 EUR\n"},
        {"w.put",
         "worker w.put(x: Int) -> Int\n  effect  idempotent for 1d\n  fails   Oops, Nope\n"
         "  timeout 30s\n  retry   1 times, backoff 1s to 5s\n"},
        {"w.brief",
         "worker w.brief(x: Int) -> Int\n  effect  idempotent for 5s\n  fails   Oops, Nope\n"
         "  timeout 10s\n  retry   1 times, backoff 1s to 20s\n"},
        {"w.once",
         "worker w.once(x: Int) -> Int\n  effect  once\n  probe   w.asked, settles in 5s\n"
         "  fails   Oops, Nope\n  timeout 20s\n  retry   1 times, backoff 1s to 5s\n"},
        {"w.asked",
         "worker w.asked(key: Text) -> Int?\n  effect  read\n  timeout 10s\n"
         "  retry   1 times, backoff 1s to 5s\n"},
        {"w.undo",
         "worker w.undo(x: Int)\n  effect  idempotent for 1d\n  timeout 30s\n"
         "  retry   3 times, backoff 1s to 1m\n"},
        {"w.ship",
         "worker w.ship(x: Int) -> Int\n  effect  idempotent for 1d, irreversible\n"
         "  fails   Oops, Nope\n  timeout 30s\n  retry   1 times, backoff 1s to 5s\n"},
        {"w.sell",
         "worker w.sell(x: Int) -> Int\n  effect  once, irreversible\n"
         "  probe   w.asked, settles in 5s\n  fails   Oops, Nope\n  timeout 30s\n"
         "  retry   1 times, backoff 1s to 5s\n"},
    };
    return kLibrary;
}

}  // namespace weft::differential
