#pragma once
/// @file server/storage/storage.h
/// Snapshot, Transaction, Database: what the rest of the server knows of storage. SQL stays behind them.
/// One writer thread with group commit (a savepoint per job); any number of readers, each on a consistent snapshot.
/// An engine failure (disk full, corruption) throws storage::EngineError: only we can cause it.
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fault/id.h"
#include "fhir-model/time/zone.h"

namespace varde::storage {

using Instant = time::Instant;
enum class PatientKey : std::int64_t { none = 0 };   ///< leads every table; none = outside every patient's compartment
enum class ResourceKey : std::int64_t { none = 0 };  ///< one per logical resource, ascending by creation
enum class Method : std::uint8_t { create, update, remove };

/// Which rules the index rows were made by; the rooms that make them give the number.
enum class IndexRules : std::int32_t { none = 0 };

struct Version {
  ResourceKey key{};
  PatientKey patient{};
  fhir::TypeId type = fhir::TypeId::none;
  std::string id;
  std::int64_t version = 0;
  Instant updated{};
  Method method = Method::create;
  std::string bytes;  ///< canonical JSON, ready to send; empty when method is remove
};

/// Stable across builds: FNV-1a 32 of "Type.code"; a test proves that R4 has no collision.
enum class ParameterKey : std::uint32_t {};
constexpr ParameterKey parameter_key(std::string_view type, std::string_view code) {
  std::uint32_t hash = 2166136261u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  };
  add(type), add("."), add(code);
  return ParameterKey{hash};
}

/// What a stored version is found by. Views live as long as the element tree they were taken from.
struct IndexRows {
  struct Token {
    ParameterKey parameter;
    std::string_view system, code;
    std::int64_t position =
        0;  ///< of the element it stands in: what belongs together has the same; 0 the resource itself
  };
  struct Reference {
    ParameterKey parameter;
    fhir::TypeId type;
    std::string id;
    std::int64_t position = 0;
  };  ///< literal, local
  struct Date {
    ParameterKey parameter;
    Instant begin, end;
  };  ///< half-open
  struct String {
    ParameterKey parameter;
    std::string folded;
  };  ///< case and accents folded
  struct Uri {
    ParameterKey parameter;
    std::string_view uri;
  };
  /// A number, a quantity or a range of them, from `low` to `high`, both within; texts that sort as their numbers do.
  struct Number {
    ParameterKey parameter;
    std::string low, high;
    std::string_view system = {}, code = {}, unit = {};                        ///< as the resource says them
    std::string canonical_unit = {}, canonical_low = {}, canonical_high = {};  ///< where the unit has a canonical form
    std::int64_t position = 0;
  };
  /// A word of the resource's texts, for the full text of its type.
  struct Word {
    ParameterKey parameter;
    std::string_view word;  ///< letters and digits without case; those that are not ASCII as UTF-8
  };
  std::vector<Token> tokens;  ///< identifiers are tokens of a parameter named "identifier"
  std::vector<Reference> references;
  std::vector<Date> dates;
  std::vector<String> strings;
  std::vector<Uri> uris;
  std::vector<Number> numbers;
  std::vector<Word> words;        ///< those of one parameter beside each other, each once
  std::deque<std::string> texts;  ///< of views that point into no tree
  void clear() {
    texts.clear(), tokens.clear(), references.clear(), dates.clear(), strings.clear(), uris.clear(), numbers.clear();
    words.clear();
  }
};

/// One number measured, in the canonical unit of its measure. Clustered by (patient, measure, time).
struct Measurement {
  PatientKey patient{};
  std::string measure;  ///< "http://loinc.org|2708-6"; of a component: the component's own code
  Instant time{};
  ResourceKey observation{};
  double value = 0;
  std::string unit;   ///< canonical UCUM code
  char zone = ' ';    ///< 'g' green, 'y' yellow, 'r' red, '-' grey
  bool valid = true;  ///< false once the Observation is entered-in-error, cancelled or deleted (row kept out of trends)
  std::int64_t part = 0;  ///< tells apart values of one Observation with the same measure and time
  char comparator = 0;    ///< '<' or '>' when the value is only a bound of what was measured
};

struct MeasurementStats {
  std::int64_t count = 0;
  double minimum = 0, maximum = 0, sum = 0;
};

/// What a write looks at and changes, said before it begins. Where processes share a store, writes of different
/// patients go on beside each other; one that reaches everything waits for all others, and they for it.
struct Reach {
  bool everything = true;
  /// Patient.id; else only what is theirs is written, and read beside it only what such writes never change: resources
  /// of nobody, which patients and symbols there are. A write that goes further is undone and begins anew
  /// (Trouble::contended): Snapshot::connection() sees to it.
  std::vector<std::string> patients = {};
};

namespace sql {
class Connection;
}  // namespace sql
class Symbols;
class NewKeys;
class KnownPatients;
class KnownResources;
enum class Counted : std::uint8_t;

/// What a write has, and a read has not.
struct OfWrite {
  KnownPatients* patients = nullptr;
  KnownResources* resources = nullptr;              ///< nullptr: the engine is asked each time
  const std::vector<PatientKey>* within = nullptr;  ///< all that may be looked at and changed; nullptr: everything
};

class Snapshot {
 public:
  Snapshot(sql::Connection& connection, Budget& budget, const time::Zone& zone, OfWrite write = {})
      : connection_(connection), budget_(budget), zone_(zone), write_(write) {}
  virtual ~Snapshot() = default;

  bool is_new() const;  ///< nothing was ever stored or received here
  /// The current version, also when it is a deletion; nullopt when never stored.
  std::optional<Version> current(fhir::TypeId type, std::string_view id) const;
  std::optional<Version> current(ResourceKey key) const;
  /// Those will be asked for: where each question takes its time, all are asked together.
  void foresee(std::span<const std::pair<fhir::TypeId, std::string>> places) const;
  std::optional<Version> version(fhir::TypeId type, std::string_view id, std::int64_t version) const;
  std::optional<Version> version(ResourceKey key, std::int64_t version) const;
  /// Newest first; at most `count`, those below version `before`; none after the first beyond `most_bytes`.
  std::vector<Version> history(fhir::TypeId type, std::string_view id, std::size_t count, std::int64_t before,
                               std::size_t most_bytes = SIZE_MAX) const;

  /// Keys of resources that are not deleted, ascending from behind `after`; at most `count`.
  std::vector<ResourceKey> live_resources(ResourceKey after, std::size_t count) const;
  IndexRules index_rules() const;  ///< none: no rows were made yet, or by a build that did not say

  /// Resources with that identifier (exact system and value), current ones only.
  std::vector<ResourceKey> by_identifier(fhir::TypeId type, std::string_view system, std::string_view value) const;
  /// The patient's current resources with that code in a token parameter, in order of creation.
  std::vector<ResourceKey> with_token(ParameterKey parameter, std::string_view code, PatientKey patient) const;
  /// Whether that resource of the patient has the code; `system` nullopt: of any system, empty: of none.
  bool has_token(ParameterKey parameter, std::optional<std::string_view> system, std::string_view code,
                 PatientKey patient, ResourceKey resource) const;
  /// Current resources that an index row of that parameter finds: by a token (exact system and code; an empty system is
  /// none), by a reference to a resource of ours.
  std::vector<ResourceKey> by_token(ParameterKey parameter, std::string_view system, std::string_view code) const;
  std::vector<ResourceKey> referring(ParameterKey parameter, fhir::TypeId target, std::string_view id) const;
  PatientKey patient_key(std::string_view patient_id) const;  ///< none when unknown
  std::string patient_id(PatientKey patient) const;

  /// Newest first, valid ones only, time in [from, to); at most `count`.
  std::vector<Measurement> measurements(PatientKey patient, std::string_view measure, Instant from, Instant to,
                                        std::size_t count) const;
  MeasurementStats stats(PatientKey patient, std::string_view measure, Instant from, Instant to) const;
  std::vector<std::string> measures(PatientKey patient) const;  ///< that have at least one valid measurement

  /// For statements that look at more than one patient's rows, or of which nobody has made sure that they do not.
  /// Throws Trouble::contended where the write named the patients that it reaches.
  sql::Connection& connection() const {
    if (write_.within) leave();
    return connection_;
  }
  /// For statements that name that patient. Throws likewise for any but those.
  sql::Connection& connection_of(PatientKey patient) const {
    stay_within(patient);
    return connection_;
  }
  /// For statements that look only at what no write of named patients changes: patients, symbols, messages, settings.
  sql::Connection& connection_of_common() const { return connection_; }
  bool reaches_everything() const { return !write_.within; }
  /// What the request that reads here may still cost: an open snapshot holds back the log, a transaction all writes.
  Budget& budget() const { return budget_; }
  /// What a write remembers of patients; nullptr for a read.
  KnownPatients* known_patients() const { return write_.patients; }
  /// Of the deployment: what dates without zone are read by, and days are cut by.
  const time::Zone& zone() const { return zone_; }

 protected:
  /// Throws unless everything may be changed or that patient's.
  void stay_within(PatientKey patient) const;
  [[noreturn]] static void leave();

 private:
  /// As it was found, unless it is of a patient that the write did not name.
  std::optional<Version> within_reach(std::optional<Version> version) const;

  sql::Connection& connection_;
  Budget& budget_;
  time::Zone zone_;
  OfWrite write_;
};

class Transaction : public Snapshot {
 public:
  /// What the writer remembers from one job to the next.
  struct Memory {
    Symbols& symbols;
    NewKeys& keys;
    KnownPatients& patients;
    KnownResources* resources = nullptr;
  };
  Transaction(sql::Connection& connection, Budget& budget, const time::Zone& zone, const Memory& memory, Instant now,
              const std::vector<PatientKey>* within = nullptr)
      : Snapshot(connection, budget, zone, {&memory.patients, memory.resources, within}), memory_(memory), now_(now) {}
  Instant now() const { return now_; }  ///< one clock reading per job; later than that of every earlier job

  /// The key of that patient, given here when it is new: resources may come before their Patient does.
  PatientKey claim_patient(std::string_view patient_id);

  /// Version 1 of a new logical resource (or the next version of a deleted one). `version.key` 0 means new.
  /// A Patient gets its own PatientKey here. Index rows are replaced.
  ResourceKey put(const Version& version, const IndexRows& rows);
  /// Replaces the index rows of the current version, which itself stays, and whose it is.
  void reindex(ResourceKey key, PatientKey patient, const IndexRows& rows);
  void set_index_rules(IndexRules rules);
  void put_measurement(const Measurement& measurement);
  void drop_measurements(PatientKey patient, ResourceKey observation);

  // For the rooms' own tables in server/storage.
  std::int64_t symbol(std::string_view text);
  std::int64_t new_key(Counted table);

 private:
  void note_written(const Version& version, ResourceKey key, PatientKey patient) const;

  Memory memory_;
  Instant now_;
};

struct Options {
  std::string directory;  ///< created when absent, mode 0700; holds varde.db
  /// postgresql://… (https://www.postgresql.org/docs/15/libpq-connect.html): a database there instead of varde.db;
  /// empty: SQLite in `directory`.
  std::string server = {};
  std::size_t readers = 8;
  std::size_t queue_limit = 4096;               ///< write jobs waiting; beyond it Fault::busy
  std::function<Instant()> clock;               ///< default: system clock
  time::Zone zone = time::Zone::norway();       ///< of dates that say none
  Allowance read_allowance = {};                ///< of a read that brings no budget of its own
  Allowance write_allowance = kWriteAllowance;  ///< of a write job: what it searches, all other writes wait for
  /// Time that has passed, whatever is done to the clock; default: by the system's clock the monotonic one, by another
  /// none.
  std::function<std::chrono::microseconds()> elapsed;
  bool accept_loss = false;  ///< start although the log is damaged: what was written after the damage is lost
  std::function<void(std::string_view)> log;  ///< what an operator should know of the store; never patient data
};

/// Why the engine cannot do its work.
enum class Trouble : std::uint8_t {
  none,
  full,     ///< the disk, a quota or a limit on the file's size
  damaged,  ///< what stands on the disk is not what was written
  locked,   ///< another process holds the database
  gone,     ///< the data directory was removed or replaced
  away,     ///< the database server does not answer; it may come back
  memory,
  contended,  ///< another transaction was in the way: the same again may do
  other,
};

class EngineError : public std::exception {
 public:
  explicit EngineError(std::string what) : EngineError(Trouble::other, std::move(what)) {}
  EngineError(Trouble trouble, std::string what) : trouble_(trouble), what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }
  Trouble trouble() const { return trouble_; }

 private:
  Trouble trouble_;
  std::string what_;
};

/// Of a snapshot where processes share a store.
enum class Moment : std::uint8_t {
  any,
  /// Between two writes: whatever it does not hold will have a later time than all that it holds. Waits for the writes
  /// that are under way.
  settled,
};

class Database {
 public:
  explicit Database(Options options);  ///< opens, applies the numbered schema files that are missing
  ~Database();                         ///< finishes queued jobs
  Database(const Database&) = delete;

  /// Runs `job` on the writer thread inside a savepoint; the future is ready only after the commit is durable.
  /// `job` returns true to keep its changes, false to undo them. What it throws is rethrown by get(), changes undone.
  /// Faults: busy when the queue is full.
  Result<std::future<void>> submit(std::function<bool(Transaction&)> job, Reach reach = {});

  /// As submit, and waits. `job` returns Result<T>; a Failure undoes its changes.
  template <class Job>
  auto write(Job&& job, Reach reach = {}) -> decltype(job(std::declval<Transaction&>())) {
    using R = decltype(job(std::declval<Transaction&>()));
    std::optional<R> result;
    auto queued = submit(
        [&](Transaction& transaction) {
          result.emplace(job(transaction));
          return result->has_value();
        },
        std::move(reach));
    FHIR_TRY(queued);
    queued->get();
    return std::move(*result);
  }

  /// Runs `reader` on a snapshot that sees every acknowledged write. Safe from any thread.
  /// Throws OverBudget when a statement had to be ended for its cost: no snapshot is held longer than the budget says.
  /// `moment`: of a reader that goes on later from the time of the newest that it saw, Moment::settled.
  template <class Reader>
  auto read(Reader&& reader, Budget& budget, Moment moment = Moment::any)
      -> decltype(reader(std::declval<const Snapshot&>())) {
    const Lease lease(*impl_, budget, moment);
    try {
      return reader(static_cast<const Snapshot&>(lease.snapshot));
    } catch (const EngineError&) {
      if (auto within = budget.within(); !within) throw OverBudget(std::move(within.error()));
      throw;
    }
  }
  template <class Reader>
  auto read(Reader&& reader) -> decltype(reader(std::declval<const Snapshot&>())) {
    Budget budget = read_budget();
    return read(std::forward<Reader>(reader), budget);
  }
  Budget read_budget() const;

  const time::Zone& zone() const;
  /// Writes a page and commits it, unless a write has just been durable: what hinders writing shows before a client
  /// meets it. Throws EngineError when writes fail, or when damage has been met since the start.
  void check_writable();
  /// The directory under us, if any, was removed or replaced: nothing written from here on would be kept.
  bool is_gone() const;

  Instant now() const;  ///< never earlier than the time of a write that was acknowledged here

  // Of processes that share a store (PostgreSQL). Where nobody can share it, every duty is ours and every use the
  // first.
  bool is_shared() const;
  /// Whether this process is the one that does that duty, now and until it ends or loses the server; asked again before
  /// each step of it. The next to ask gets it from one that has ended.
  bool hold(std::string_view duty);
  /// `hear` is called, on a thread of its own, with what transactions of any process told (sql::Connection::tell); with
  /// an empty text where something may have been missed. Empty: nobody from here on.
  void on_news(std::function<void(std::string_view)> hear);
  /// Whether nobody, in any process, has used that before. `until`: seconds since 1970.
  bool is_first_use(std::string_view proof, std::int64_t until);
  /// The same for all who share the store: the first one's `own`.
  std::string common_secret(std::string_view name, std::string_view own);

  std::size_t bytes_on_disk() const;

 private:
  struct Impl;
  struct Lease {
    Lease(Impl& database, Budget& budget, Moment moment);
    ~Lease();
    Lease(const Lease&) = delete;
    Impl& impl;
    Snapshot snapshot;
  };
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::storage
