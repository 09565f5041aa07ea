#include "server/storage/keys.h"
#include "server/storage/messages.h"
#include "server/storage/sql.h"

namespace varde::storage::told {
namespace {

constexpr sql::Query kPut{
    "INSERT INTO told (observation, msg_id) VALUES (?1, ?2) ON CONFLICT (observation) DO UPDATE SET msg_id = "
    "excluded.msg_id"};
constexpr sql::Query kRemove{"DELETE FROM told WHERE observation = ?1"};
constexpr sql::Query kGet{"SELECT msg_id FROM told WHERE observation = ?1"};

}  // namespace

void put(Transaction& transaction, ResourceKey observation, std::string_view msg_id) {
  transaction.connection().run(kPut, observation, msg_id);
}

void remove(Transaction& transaction, ResourceKey observation) { transaction.connection().run(kRemove, observation); }

std::string msg_id(const Snapshot& snapshot, ResourceKey observation) {
  auto rows = snapshot.connection_of_common().query(kGet, observation);
  return rows.next() ? rows.string(0) : std::string();
}

}  // namespace varde::storage::told
