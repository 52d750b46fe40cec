// weft-helper: what the engine does outside its own process, one request a run.
#include <cstdio>
#include <string_view>

#include "helper/docs/main.h"
#include "helper/notify.h"

int main(int argc, char** argv) {
    const std::string_view task = argc == 2 ? argv[1] : "";
    if (task == "docs") return weft::helper::docs_main();
    if (task == "notify") return weft::helper::notify_main();
    std::fputs(
        "usage: weft-helper docs|notify (started by weft, with a request on standard input)\n",
        stderr);
    return 2;
}
