// One table of code lists: a list that stands in two places is two lists once somebody corrects one of them.
#include "norway/code_lists.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "norway/identifiers.h"

namespace varde::mappings {
namespace {

namespace fs = std::filesystem;
namespace code_list = norway::code_list;

std::map<std::string, std::string> sources() {
  const char* const root = std::getenv("VARDE_SOURCE");
  std::map<std::string, std::string> found;
  for (const char* const room : {"mappings", "norway", "server/messaging"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root ? root : ".") / room)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
      std::ifstream in(entry.path());
      found[entry.path().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
  return found;
}

/// Behind a // of its line.
bool is_comment(const std::string& text, std::size_t at) { return text.find("//", text.rfind('\n', at) + 1) < at; }

TEST(CodeLists, stand_by_their_oid_in_one_table_alone) {
  const std::regex oid(R"re(2\.16\.578\.1\.12\.4\.1\.1\.(\d{4})\b[^\n]*)re");
  std::size_t listed = 0;
  for (const auto& [name, text] : sources()) {
    const bool table = name.ends_with("norway/code_lists.h");
    for (std::sregex_iterator at(text.begin(), text.end(), oid), end; at != end; ++at) {
      if (table) ++listed;
      EXPECT_TRUE(table || is_comment(text, static_cast<std::size_t>(at->position()))) << name << ": " << at->str();
    }
  }
  EXPECT_EQ(listed, 15u);
}

TEST(CodeLists, of_the_table_stand_by_their_number_nowhere_else) {
  const auto all = sources();
  for (const auto& list : {code_list::kMessageStatus, code_list::kPersonIds, code_list::kMessageTypes,
                           code_list::kCountries, code_list::kOrganisationIds, code_list::kTelecom,
                           code_list::kHospitalEvents, code_list::kToPhysician, code_list::kContent, code_list::kAtc}) {
    const auto literal = '"' + std::string(list.number()) + '"';
    for (const auto& [name, text] : all)
      for (auto at = text.find(literal); at != text.npos; at = text.find(literal, at + 1))
        EXPECT_TRUE(is_comment(text, at)) << literal << " in " << name;
  }
}

TEST(CodeLists, have_a_number_an_oid_and_a_system_that_agree) {
  EXPECT_EQ(code_list::kMessageTypes.number(), "8279");
  EXPECT_EQ(code_list::kMessageTypes.oid(), norway::oid_of_list("8279"));
  EXPECT_EQ(norway::identifier_kind("HER")->list, "9051");
}

}  // namespace
}  // namespace varde::mappings
