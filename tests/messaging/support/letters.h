#pragma once
// Our own full messages (tests/mappings) as they come in a dialogue: renumbered, with another status and references.
#include <string>
#include <vector>

#include "server/demo/letters.h"

namespace varde::messaging::test {

struct Sent {
  std::string fixture;          ///< below tests/mappings
  int n = 1;                    ///< MsgId uuid(n), generated n minutes past ten
  std::string status = "N";     ///< list 7309
  std::vector<int> about = {};  ///< RefToParent, RefToConversation; one alone is both
  std::string content = {};     ///< TypeInnhold; empty: as in the fixture
  demo::Person patient = {};    ///< family empty: as in the fixture
};

std::string read_fixture(const std::string& path);
std::string write(const Sent& sent);
/// "epikrise/" -> the first XML file there that is no change or cancellation, by name; a whole path is itself.
std::string first_fixture(const std::string& folder);
/// Whom the fixtures are about.
demo::Person fixture_patient();
/// The first `what` in `text` as `with`; throws when it is not there.
std::string replaced(std::string text, std::string_view what, std::string_view with);

}  // namespace varde::messaging::test
