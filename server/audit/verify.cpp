#include "server/audit/verify.h"

#include <fmt/format.h>

#include "server/access/digest.h"
#include "server/storage/audit_log.h"

namespace varde::audit {

Verified verify(const interaction::View& view) {
  constexpr std::size_t kAtATime = 1000;
  Verified out;
  std::string hash(32, '\0');
  for (bool more = true; more && !out.broken;) {
    const auto rows = storage::audit_log::from(view, out.rows, kAtATime);
    more = rows.size() == kAtATime;
    for (const auto& row : rows) {
      hash = access::sha256(hash + storage::audit_log::sealed_text(row));
      if (row.number != out.rows + 1 || row.hash != hash) {
        out.broken = out.rows + 1;
        break;
      }
      ++out.rows;
      out.last = row.hash;
    }
  }
  std::string hex;
  for (const char byte : out.last) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  out.last = std::move(hex);
  return out;
}

}  // namespace varde::audit
