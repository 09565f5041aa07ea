#include "server/storage/postgresql/dialect.h"

namespace varde::storage::postgresql {
namespace {

constexpr std::string_view kIndexHint = " INDEXED BY ", kOrderedJoin = " CROSS JOIN ", kJoin = " JOIN ";

}  // namespace

std::string in_dialect(std::string_view sql) {
  std::string out;
  out.reserve(sql.size());
  char quote = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (quote != 0 || c == '\'' || c == '"') {
      if (quote == 0)
        quote = c;
      else if (c == quote)
        quote = 0;
      out += c;
    } else if (c == '?') {
      out += '$';
    } else if (sql.substr(i).starts_with(kIndexHint)) {
      i = sql.find_first_of(" )", i + kIndexHint.size());
      if (i == std::string_view::npos) break;
      --i;
    } else if (sql.substr(i).starts_with(kOrderedJoin)) {
      out += kJoin;
      i += kOrderedJoin.size() - 1;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace varde::storage::postgresql
