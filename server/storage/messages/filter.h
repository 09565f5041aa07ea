#pragma once
/// @file server/storage/messages/filter.h
/// What inbox and outbox share: the filter's values as their statements take them, and rows as they are read.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/messages.h"
#include "server/storage/sql.h"

namespace varde::storage::messages {

/// Newest first starts below everything.
std::int64_t below(std::int64_t before);
/// -1 for a patient whom we do not know: nothing is about that one.
std::optional<std::int64_t> patient_of(const Snapshot& snapshot, const MessageFilter& filter);
/// Of LIKE: the words as they are, wherever they stand.
std::optional<std::string> pattern_of(const MessageFilter& filter);
/// What changes a message must find it: anything else is our own mistake.
void changed_one(std::int64_t changes);

/// Of one row: how many, since when.
Waiting waiting(sql::Rows rows);

template <class Row>
std::vector<Row> all_rows(sql::Rows rows, Row (*read)(const sql::Rows&)) {
  std::vector<Row> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

template <class Row>
std::optional<Row> one_row(sql::Rows rows, Row (*read)(const sql::Rows&)) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace varde::storage::messages
