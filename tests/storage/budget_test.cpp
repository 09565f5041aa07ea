/// No snapshot is held longer than its budget says: server/storage/storage.h
#include <gtest/gtest.h>

#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

constexpr sql::Query kCountFar{
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n"};

class BoundedRead : public Store {};

TEST_F(BoundedRead, ends_a_statement_that_costs_more_than_the_read_may) {
  Budget budget({.time = std::chrono::hours(1), .steps = 1000});
  const auto count = [](const Snapshot& snapshot) {
    auto rows = snapshot.connection().query(kCountFar);
    return rows.next() ? rows.integer(0) : 0;
  };
  try {
    database->read(count, budget);
    FAIL() << "the statement ran to its end";
  } catch (const OverBudget& over) {
    EXPECT_EQ(over.failure().fault, Fault::too_costly);
  }
  EXPECT_EQ(database->read(count), 1'000'000) << "the connection serves the next";
}

}  // namespace
}  // namespace varde::storage::test
