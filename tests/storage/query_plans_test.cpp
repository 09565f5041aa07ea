// Every statement of the storage room, as the engine plans it: index searches, never a walk through a table.
#include <gmock/gmock.h>

#include "server/storage/changes.h"
#include "server/storage/due.h"
#include "server/storage/followup.h"
#include "server/storage/messages.h"
#include "server/storage/observed.h"
#include "server/storage/page_sessions.h"
#include "server/storage/patients.h"
#include "server/storage/routes.h"
#include "server/storage/sql.h"
#include "server/storage/worklist.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

class QueryPlans : public Store {};

/// Plans of all statements that this connection has prepared, one line each.
std::vector<std::string> plans_of_postgresql(sql::Connection& connection) {
  std::vector<std::string> texts, found;
  // https://www.postgresql.org/docs/15/view-pg-prepared-statements.html
  for (auto rows = connection.query(std::string_view(
           "SELECT statement, name, coalesce(array_length(parameter_types, 1), 0) FROM pg_prepared_statements "
           "WHERE statement ~ '^(SELECT|UPDATE|DELETE|INSERT)' AND NOT statement ~ 'pg_'"));
       rows.next();) {
    std::string values;
    for (int i = 0; i < rows.integer(2); ++i) values += values.empty() ? "(NULL" : ", NULL";
    texts.push_back(rows.string(0));
    found.push_back("EXPLAIN EXECUTE \"" + rows.string(1) + "\"" + values + (values.empty() ? "" : ")"));
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::string plan = texts[i] + "  -->  ";
    for (auto rows = connection.query(found[i]); rows.next();) plan += rows.string(0) + "; ";
    found[i] = plan;
  }
  return found;
}

std::vector<std::string> plans(sql::Connection& connection) {
  if (varde::test::is_on_postgresql()) return plans_of_postgresql(connection);
  std::vector<std::string> statements, found;
  // https://www.sqlite.org/stmt.html
  for (auto rows = connection.query(std::string_view("SELECT sql FROM sqlite_stmt")); rows.next();) {
    const auto text = rows.string(0);
    const auto starts = [&](std::string_view word) { return text.starts_with(word); };
    if (text.find("sqlite_") != std::string::npos || starts("PRAGMA")) continue;
    if (starts("SELECT") || starts("UPDATE") || starts("DELETE") || starts("INSERT")) statements.push_back(text);
  }
  for (const auto& statement : statements) {
    auto plan = statement + "  -->  ";
    for (auto rows = connection.query("EXPLAIN QUERY PLAN " + statement); rows.next();) plan += rows.string(3) + "; ";
    found.push_back(plan);
  }
  return found;
}

bool goes_by_index(const std::string& plan) {
  if (varde::test::is_on_postgresql())
    return plan.find("Seq Scan") == std::string::npos && plan.find("Index") != std::string::npos;
  return plan.find("SCAN") == std::string::npos && plan.find("SEARCH") != std::string::npos;
}
bool sorts_nothing(const std::string& plan) {
  if (!varde::test::is_on_postgresql()) return plan.find("TEMP B-TREE") == std::string::npos;
  return plan.find("Sort") == std::string::npos ||
         plan.find("Index Cond: (key = $1);") != std::string::npos;  // one row
}

void read_everything(const Snapshot& snapshot) {
  const auto basic = type("Basic");
  snapshot.current(basic, "a"), snapshot.current(ResourceKey{1});
  snapshot.version(basic, "a", 1), snapshot.history(basic, "a", 10, 100);
  snapshot.by_identifier(basic, "urn:x", "1"), snapshot.by_identifier(basic, "", "1");
  snapshot.with_token(parameter_key("Basic", "code"), "c", PatientKey{1});
  snapshot.has_token(parameter_key("Basic", "code"), {}, "c", PatientKey{1}, ResourceKey{1});
  snapshot.has_token(parameter_key("Basic", "code"), "urn:x", "c", PatientKey{1}, ResourceKey{1});
  snapshot.patient_key("kari"), snapshot.patient_id(PatientKey{1});
  snapshot.measurements(PatientKey{1}, "m", at(0), at(1), 10), snapshot.stats(PatientKey{1}, "m", at(0), at(1));
  snapshot.measures(PatientKey{1});
  observed::older(snapshot, PatientKey{1}, "m", observed::kNewest, 1);
  observed::at(snapshot, PatientKey{1}, "m", at(1), ResourceKey{9}, 1), observed::codes(snapshot, PatientKey{1});
  inbox::get(snapshot, 1), inbox::first(snapshot, "1", "m"), inbox::by_msg_id(snapshot, "m");
  inbox::in_state(snapshot, InboxState::received, 10), inbox::log(snapshot, 10);
  outbox::get(snapshot, 1), outbox::by_msg_id(snapshot, "m"), outbox::replies_to(snapshot, "m");
  outbox::newest(snapshot, PatientKey{1}, "T");
  outbox::routes_waiting(snapshot), outbox::receivers_waiting(snapshot, "folder", 10, "");
  outbox::receivers_waiting(snapshot, "folder", 10), outbox::next_to(snapshot, "folder", "1");
  outbox::paused_until(snapshot, "folder", "1"), routes::failures(snapshot, "folder");
  outbox::in_state(snapshot, OutboxState::queued, 10), outbox::log(snapshot, 10);
  limits::of(snapshot, PatientKey{1}, "m"), limits::all(snapshot, PatientKey{1});
  enrolment::all(snapshot, PatientKey{1}), enrolment::open_patients(snapshot, PatientKey::none, 10);
  open_alert::get(snapshot, PatientKey{1}, "m"), open_alert::all(snapshot, PatientKey{1});
  open_alert::beginning(snapshot, PatientKey{1}, "m");
  snapshot.referring(parameter_key("Basic", "subject"), type("Patient"), "kari");
  outbox::queued_about(snapshot, PatientKey{1});
  due::ready(snapshot, at(1), 10), due::of(snapshot, DueKind::summary, PatientKey{1});
  told::msg_id(snapshot, ResourceKey{1});
  page_sessions::find(snapshot, "k");
  patients::survivor(snapshot, PatientKey{1});
  changes(snapshot, {.type = basic, .current_after = at(1)}, 10, 1), changes(snapshot, {.type = basic}, 10, 1);
  changes(snapshot, {.resource = ResourceKey{1}}, 10, 1);
  worklist::page(snapshot, {.least_urgent = 7}, {}, 10);
  worklist::page(snapshot, {.least_urgent = 7, .owner = "o"}, {}, 10);
  worklist::page(snapshot, {.least_urgent = 7, .district = "d"}, {}, 10);
  worklist::page(snapshot, {.least_urgent = 7, .patient = PatientKey{1}}, {}, 10);
}

void write_everything(Transaction& transaction) {
  IndexRows rows;
  rows.tokens.push_back({parameter_key("Basic", "identifier"), "urn:x", "1"});
  rows.references.push_back({parameter_key("Basic", "subject"), type("Patient"), "kari"});
  rows.dates.push_back({parameter_key("Basic", "created"), at(1), at(2)});
  rows.strings.push_back({parameter_key("Basic", "s"), "x"});
  rows.uris.push_back({parameter_key("Basic", "u"), "x"});
  const auto key = put_in(transaction, "Basic", "a", rows, Method::update, "kari").key;
  transaction.put_measurement(
      {.patient = PatientKey{1}, .measure = "m", .time = at(1), .observation = key, .unit = "1"});
  observed::put(transaction, PatientKey{1}, "m", at(1), key);
  put_in(transaction, "Basic", "a", {}, Method::remove, "kari");
  transaction.drop_measurements(PatientKey{1}, key);
  observed::remove(transaction, PatientKey{1}, "n", at(1), key);
  const auto message = inbox::add(transaction, "folder", "x");
  inbox::identify(transaction, message, "1", "m", "T"), inbox::finish(transaction, message, {});
  const auto out = outbox::add(transaction, {.msg_id = "m", .type = "T", .receiver_her = "1", .bytes = "x"});
  outbox::mark_retry(transaction, out, at(1), ""), outbox::mark_sent(transaction, out, at(1));
  outbox::mark_overdue(transaction, out), outbox::mark_answered(transaction, out, OutboxState::refused, "2", "");
  outbox::mark_failed(transaction, out, ""), outbox::reroute(transaction, "folder", "1", "other");
  routes::failed(transaction, "folder"), routes::recovered(transaction, "folder");
  limits::put(transaction, PatientKey{1}, {"m", key, at(1), "x"}), limits::remove(transaction, key);
  enrolment::put(transaction, PatientKey{1}, {key}), enrolment::remove(transaction, PatientKey{1}, key);
  open_alert::put(transaction, PatientKey{1}, {"m", "t", at(1)}), open_alert::remove(transaction, PatientKey{1}, "m");
  open_alert::remove_task(transaction, "t");
  due::put(transaction, {DueKind::summary, PatientKey{1}, "a", at(1)});
  due::remove(transaction, DueKind::summary, PatientKey{1}, "a");
  due::remove_all(transaction, DueKind::summary, PatientKey{1});
  told::put(transaction, PatientKey{1}, key, "m"), told::remove(transaction, key);
  page_sessions::put(transaction, {"k", "sealed", at(1), at(1), at(2), "s", "i"});
  page_sessions::set_used(transaction, "k", at(2), at(3)), page_sessions::remove(transaction, "k");
  page_sessions::remove_of(transaction, "s", "i"), page_sessions::remove_of(transaction, "s", "");
  page_sessions::remove_of(transaction, "", "i");
  page_sessions::sweep(transaction, {DueKind::page_session, PatientKey::none, "", at(1)});
  worklist::put(transaction, {.task = key, .patient = PatientKey{1}, .group = "g"});
  worklist::move_patient(transaction, PatientKey{1}, "d"), worklist::remove(transaction, key);
  const auto other = transaction.claim_patient("ola");
  patients::set_survivor(transaction, PatientKey{1}, other);
  patients::set_survivor(transaction, PatientKey{1}, PatientKey::none);
}

TEST_F(QueryPlans, of_reads_search_an_index_and_sort_nothing_on_the_hot_path) {
  write(write_everything);
  database->read([](const Snapshot& snapshot) {
    read_everything(snapshot);
    const auto all = plans(snapshot.connection());
    EXPECT_GT(all.size(), 25u);
    for (const auto& plan : all) {
      EXPECT_TRUE(goes_by_index(plan)) << plan;
      EXPECT_TRUE(plan.find("measure_limits") != std::string::npos || sorts_nothing(plan)) << plan;
    }
    return 0;
  });
}

TEST_F(QueryPlans, of_writes_search_an_index) {
  write([](Transaction& transaction) {
    write_everything(transaction);
    const auto all = plans(transaction.connection());
    EXPECT_GT(all.size(), 30u);
    for (const auto& plan : all) {
      if (plan.starts_with("INSERT") && plan.find("SELECT") == std::string::npos) continue;  // plans nothing
      if (plan.find("FROM unnest(") != std::string::npos) continue;                          // of what is handed over
      if (plan.starts_with("SELECT key, name FROM resource_type")) continue;                 // all of it, at the start
      if (plan.find("FROM writer WHERE") != std::string::npos) continue;                     // a row a process
      EXPECT_TRUE(goes_by_index(plan)) << plan;
    }
  });
}

}  // namespace
}  // namespace varde::storage::test
