#pragma once
/// @file server/storage/worklist.h
/// What is to be done, by urgency: a row per open Task, written with it. One indexed statement is a page, however many
/// patients there are. Which Tasks have a row and what it says is decided by server/followup/work.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/search/condition.h"
#include "server/storage/storage.h"

namespace varde::storage {

struct WorklistRow {
  ResourceKey task{};
  PatientKey patient = PatientKey::none;
  std::int64_t colour = 0;  ///< the most urgent is 0
  Instant due{}, opened{};
  std::string owner = {};     ///< "Practitioner/7"; empty: nobody's
  std::string district = {};  ///< "Organization/3"; empty: none is known
  std::string group = {};     ///< Tasks of one situation; empty: it stands alone
  bool is_new = false;        ///< the Task was just created: no row of it can stand there
};

namespace worklist {

void put(Transaction&, const WorklistRow& row);
void remove(Transaction&, ResourceKey task);
void move_patient(Transaction&, PatientKey patient, std::string_view district);  ///< to another district

struct Filter {
  std::int64_t most_urgent = 0, least_urgent = 0;  ///< colours, both included
  PatientKey patient = PatientKey::none;           ///< none: of anybody
  std::string owner = {}, district = {};           ///< empty: of any
  bool nobodys = false;                            ///< only what has no owner
  Instant opened_before = Instant::max(), due_before = Instant::max();
  bool all_of_a_group = false;         ///< else of the Tasks of one situation only the most urgent
  std::optional<Condition> seen = {};  ///< what may be seen of them; nullopt: all
};
/// Behind which a page begins.
struct Mark {
  std::int64_t colour = 0;
  Instant due = Instant::min();
  ResourceKey task{};
};
struct Entry {
  Mark mark;
  PatientKey patient{};
  std::string id, bytes;
};
/// By colour, due time and age; at most `count`.
std::vector<Entry> page(const Snapshot&, const Filter& filter, const Mark& after, std::size_t count);

}  // namespace worklist

}  // namespace varde::storage
