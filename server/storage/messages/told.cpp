#include "server/storage/keys.h"
#include "server/storage/messages.h"
#include "server/storage/sql.h"

namespace varde::storage::told {
namespace {

constexpr sql::Query kPut{"INSERT INTO told (observation, patient, msg_id) VALUES (?1, ?2, ?3)"};
constexpr sql::Query kRemove{"DELETE FROM told WHERE observation = ?1"};
constexpr sql::Query kGet{"SELECT msg_id FROM told WHERE observation = ?1"};

}  // namespace

void put(Transaction& transaction, PatientKey patient, ResourceKey observation, std::string_view msg_id) {
  remove(transaction, observation);
  transaction.connection().run_later(kPut, observation, patient, msg_id);
}

void remove(Transaction& transaction, ResourceKey observation) {
  transaction.connection().run_later(kRemove, observation);
}

std::string msg_id(const Snapshot& snapshot, ResourceKey observation) {
  auto rows = snapshot.connection_of_common().query(kGet, observation);
  return rows.next() ? rows.string(0) : std::string();
}

}  // namespace varde::storage::told
