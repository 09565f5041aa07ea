#pragma once
/// @file server/storage/audit_log.h
/// Who saw and did what: rows that are only ever added, each with a hash of itself and of the one before, so that none
/// can be changed or taken out without it showing.
/// Also the proofs of possession that were used (access/seen_proofs.h), which outlive a restart here.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::audit_log {

struct Row {
  std::int64_t number = 0;  ///< from 1, without gaps
  Instant at{};
  PatientKey patient{};  ///< none: about no patient
  std::string agent;     ///< who, to be searched by
  std::string event;     ///< all that is told of it, as JSON
  std::string hash;      ///< 32 bytes
};

/// 32 bytes of any text.
using Digest = std::string (*)(std::string_view);

/// Adds them in that order; number and hash are given here. Of a write that names its patients they wait, committed
/// with it, until seal() adds them to the chain, of which there is one.
void append(Transaction&, std::vector<Row>& rows, Digest digest);
/// Adds what waits, of all who share the store, by time.
void seal(Transaction&, Digest digest);
/// What the hash of a row is made of, beside the hash before it.
std::string sealed_text(const Row& row);

struct Wanted {
  std::optional<PatientKey> patient = {};
  std::optional<std::string> agent = {};
  Instant from = Instant::min(), to = Instant::max();
  std::int64_t before = INT64_MAX;  ///< number: an older page
};
/// Newest first; at most `count`.
std::vector<Row> find(const Snapshot&, const Wanted&, std::size_t count);
std::optional<Row> row(const Snapshot&, std::int64_t number);
/// In order from behind `after`; at most `count`.
std::vector<Row> from(const Snapshot&, std::int64_t after, std::size_t count);

/// Whether it was open when the store was last used: then rows that nobody waited for may be missing. `place`: which of
/// the processes that share the store, from 1.
bool was_left_open(const Snapshot&, int place);
void set_open(Transaction&, int place, bool open);

void remember_proof(Transaction&, std::string_view proof, std::int64_t until_seconds);
std::vector<std::pair<std::string, std::int64_t>> remembered_proofs(const Snapshot&);
void forget_proofs(Transaction&, std::int64_t now_seconds);

}  // namespace varde::storage::audit_log
