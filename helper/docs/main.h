// `weft-helper docs`: reads one document and says what is in it. It is apart from the engine
// because documents are hostile and their parsers large: whoever starts it bounds its memory and
// its time.
//
// Standard input: {"fd": N, "name": TEXT, "media": TEXT}; descriptor N holds the document's bytes.
// Standard output: {"document": {…}} with the fields of docs.Document but `source`, or
// {"error": {"name": NAME, "message": TEXT}}; the exit code is 0 for both.
#pragma once

namespace weft::helper {

int docs_main();

}  // namespace weft::helper
