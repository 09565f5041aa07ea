#include "server/storage/postgresql/named_tables.h"

#include <algorithm>
#include <array>

namespace varde::storage::postgresql {
namespace {

constexpr std::array<std::string_view, 4> kBefore{"FROM", "JOIN", "INTO", "UPDATE"};
/// What a list of tables ends with.
constexpr std::array<std::string_view, 8> kAfter{"WHERE", "SET", "ORDER", "GROUP", "LIMIT", "ON", "VALUES", "SELECT"};

bool is_of_a_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

std::vector<std::string> tables_of(std::string_view sql) {
  std::vector<std::string> found;
  bool expected = false, listing = false;
  for (std::size_t i = 0; i < sql.size();) {
    if (!is_of_a_word(sql[i])) {
      if (sql[i] == ',' && listing) expected = true;
      if (sql[i] == '(' || sql[i] == ')') expected = listing = false;
      ++i;
      continue;
    }
    auto end = i;
    while (end < sql.size() && is_of_a_word(sql[end])) ++end;
    const auto word = sql.substr(i, end - i);
    i = end;
    if (std::find(kBefore.begin(), kBefore.end(), word) != kBefore.end()) {
      expected = true, listing = word == "FROM";
    } else if (std::find(kAfter.begin(), kAfter.end(), word) != kAfter.end()) {
      expected = listing = false;
    } else if (expected) {
      if (std::find(found.begin(), found.end(), word) == found.end()) found.emplace_back(word);
      expected = false;
    }
  }
  return found;
}

}  // namespace varde::storage::postgresql
