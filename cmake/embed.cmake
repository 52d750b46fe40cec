# cmake -DOUT=file.cpp -DSYMBOL=name -DFILES="a;b" -P embed.cmake
# Writes a table of (file name, text) that the program carries in itself.
set(body "// Made by cmake/embed.cmake.\n#include \"base/embedded.h\"\n\nnamespace weft {\n")
string(APPEND body "const std::vector<EmbeddedText>& ${SYMBOL}() {\n"
                   "    static const std::vector<EmbeddedText> texts = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND body "        {\"${name}\", R\"~~~~(${text})~~~~\"},\n")
endforeach()
string(APPEND body "    };\n    return texts;\n}\n}  // namespace weft\n")
file(WRITE ${OUT} "${body}")
