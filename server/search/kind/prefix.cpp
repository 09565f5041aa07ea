#include "server/search/kind/prefix.h"

#include <algorithm>
#include <array>

namespace varde::search {
namespace {

struct PrefixRow {
  std::string_view text;
  Prefix prefix;
};
constexpr std::array kPrefixes{PrefixRow{"eq", Prefix::eq}, PrefixRow{"ne", Prefix::ne}, PrefixRow{"gt", Prefix::gt},
                               PrefixRow{"lt", Prefix::lt}, PrefixRow{"ge", Prefix::ge}, PrefixRow{"le", Prefix::le},
                               PrefixRow{"sa", Prefix::sa}, PrefixRow{"eb", Prefix::eb}, PrefixRow{"ap", Prefix::ap}};

}  // namespace

Result<Prefix> take_prefix(std::string_view& text, std::string_view parameter) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return Prefix::eq;
  const auto found = std::ranges::find(kPrefixes, text.substr(0, 2), &PrefixRow::text);
  if (found == kPrefixes.end())
    return fail(Fault::parameter_malformed, "A prefix is one of eq ne gt lt ge le sa eb ap.", std::string(parameter));
  text.remove_prefix(2);
  return found->prefix;
}

}  // namespace varde::search
