#include "server/storage/postgresql/errors.h"

#include <algorithm>
#include <array>

namespace varde::storage::postgresql {
namespace {

struct Row {
  std::string_view state;  ///< or the class, its first two characters
  Trouble trouble;
};
constexpr std::array kRows{
    Row{"08", Trouble::away},          // connection exception
    Row{"57P01", Trouble::away},       // admin_shutdown
    Row{"57P02", Trouble::away},       // crash_shutdown
    Row{"57P03", Trouble::away},       // cannot_connect_now
    Row{"57P05", Trouble::away},       // idle_session_timeout
    Row{"25006", Trouble::away},       // read_only_sql_transaction: a standby, until it is promoted
    Row{"53100", Trouble::full},       // disk_full
    Row{"53200", Trouble::memory},     // out_of_memory
    Row{"53300", Trouble::away},       // too_many_connections
    Row{"40001", Trouble::contended},  // serialization_failure
    Row{"40P01", Trouble::contended},  // deadlock_detected
    Row{"55P03", Trouble::contended},  // lock_not_available
    Row{"XX001", Trouble::damaged},   Row{"XX002", Trouble::damaged},  // data_corrupted, index_corrupted
};

}  // namespace

Trouble trouble_of(std::string_view sqlstate) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return sqlstate.starts_with(r.state); });
  return row == kRows.end() ? Trouble::other : row->trouble;
}

bool is_of_one_statement(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("42") ||
         trouble_of(sqlstate) == Trouble::contended || sqlstate == "57014" || sqlstate == "25006" ||
         sqlstate == "54000";
}

std::string first_line(const char* text) {
  const std::string_view all(text ? text : "");
  return std::string(all.substr(0, all.find('\n')));
}

}  // namespace varde::storage::postgresql
