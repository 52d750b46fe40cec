// Whether two spellings are one name: "Frédéric" and "Frederic", "Italy" and "Italian", "Keller"
// and "Kellar". It must not know questions or documents.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace weft::stdlib::rag {

// Lower case without accents: "Łódź" becomes "lodz", "Größe" "grosse". Other bytes stay.
std::string folded(std::string_view text);

class Names {
  public:
    // Every word of the text may be, or hold, a name.
    void add(std::string_view text);
    [[nodiscard]] bool knows(std::string_view name) const;

  private:
    std::set<std::string> words_;
    std::set<std::string> bases_;
};

}  // namespace weft::stdlib::rag
