#include "server/command/retention.h"

#include <map>

#include <fmt/format.h>

#include "server/access/digest.h"
#include "server/audit/event.h"
#include "server/command/message_files.h"
#include "server/interaction/repository.h"
#include "server/messaging/refused.h"
#include "server/storage/audit_log.h"
#include "server/storage/erasure.h"
#include "server/storage/retention.h"

namespace varde::command {
namespace {

namespace retention = storage::retention;
using interaction::Act;
using interaction::View;
using storage::PatientKey;

constexpr std::size_t kAtOnce = 200;

/// The rules over one store.
class Run {
 public:
  Run(const Config& config, const interaction::Repository& repository, storage::Instant now, bool dry_run)
      : config_(config),
        repository_(repository),
        now_(now),
        dry_run_(dry_run),
        last_(repository.read([](const View& view) { return retention::last_entries(view); })) {}

  Retained::Line line(const RetentionRule& rule) {
    Retained::Line out;
    out.rule = rule, out.before = now_ - rule.days;
    const bool is_patient = rule.type == fhir::find_type("Patient");
    is_patient ? records(out) : resources(out);
    return out;
  }

 private:
  enum class Verdict : std::uint8_t { goes, followed_up, record_in_use };
  Verdict verdict(const View& view, const Retained::Line& line, PatientKey patient) const {
    if (!line.rule.of_record || patient == PatientKey::none) return Verdict::goes;
    if (retention::is_followed_up(view, patient)) return Verdict::followed_up;
    const auto last = last_.find(patient);
    return last != last_.end() && last->second >= line.before ? Verdict::record_in_use : Verdict::goes;
  }
  static void count(Verdict verdict, Retained::Line& line) {
    if (verdict == Verdict::goes) ++line.removed;
    if (verdict == Verdict::followed_up) ++line.followed_up;
    if (verdict == Verdict::record_in_use) ++line.record_in_use;
  }
  void tell(const Act& act, const Retained::Line& line, const interaction::Notes& gone) const {
    const interaction::AuditableEvent audited{
        "removed by age by the command varde retention",
        fmt::format("rule={}={}", fhir::row_of(line.rule.type).name, line.rule.age), false};
    auto rows = audit::rows_of(act.principal(), audited, gone, 200, act.now());
    storage::audit_log::append(act, rows, access::sha256);
  }

  /// Whole records, as varde erase takes them: what names the patient only, and the messages.
  void records(Retained::Line& line) {
    for (const auto& [patient, last] : last_) {
      if (last >= line.before) continue;
      const auto key = patient;
      const auto judged = repository_.read([&](const View& view) { return verdict(view, line, key); });
      count(judged, line);
      if (judged == Verdict::goes && !dry_run_) remove_record(line, key);
    }
  }
  void remove_record(const Retained::Line& line, PatientKey patient) {
    const auto refused = repository_.read([&](const View& view) {
      auto found = messaging::refused_about(view, patient);
      remove_files(message_files(config_, view, patient, found));
      return found;
    });
    const auto done = repository_.write([&](Act& act) -> Result<void> {
      tell(act, line, {{'D', line.rule.type, act.patient_id(patient), 0, patient}});
      FHIR_TRY(messaging::erase_refused(act, refused));
      storage::erasure::erase(act, patient);
      return {};
    });
    if (!done) throw std::runtime_error(done.error().diagnostics);
  }

  void resources(Retained::Line& line) {
    storage::ResourceKey after{};
    for (bool more = true; more;) {
      if (dry_run_) {
        repository_.read([&](const View& view) {
          for (const auto& one : some(view, line, after, more)) count(verdict(view, line, one.patient), line);
          return 0;
        });
        continue;
      }
      const auto done =
          repository_.write([&](Act& act) -> Result<void> { return remove_some(act, line, after, more); });
      if (!done) throw std::runtime_error(done.error().diagnostics);
    }
  }
  static std::vector<retention::Old> some(const View& view, const Retained::Line& line, storage::ResourceKey& after,
                                          bool& more) {
    auto found = retention::last_written_before(view, line.rule.type, line.before, after, kAtOnce);
    more = found.size() == kAtOnce;
    if (!found.empty()) after = found.back().key;
    return found;
  }
  Result<void> remove_some(Act& act, Retained::Line& line, storage::ResourceKey& after, bool& more) {
    const auto from = after;
    Retained::Line counted = line;  // the transaction may be tried again
    interaction::Notes gone;
    after = from;
    for (const auto& one : some(act, line, after, more)) {
      const auto judged = verdict(act, line, one.patient);
      count(judged, counted);
      if (judged != Verdict::goes) continue;
      if (!one.is_deleted) FHIR_TRY(act.remove(line.rule.type, one.id));
      retention::purge(act, line.rule.type, one);
      gone.push_back({'D', line.rule.type, one.id, one.version, one.patient});
    }
    if (!gone.empty()) tell(act, line, gone);
    line = counted;
    return {};
  }

  const Config& config_;
  const interaction::Repository& repository_;
  const storage::Instant now_;
  const bool dry_run_;
  const std::map<PatientKey, storage::Instant> last_;
};

}  // namespace

Retained apply_retention(const Config& config, const interaction::Repository& repository, storage::Instant now,
                         bool dry_run) {
  Run run(config, repository, now, dry_run);
  Retained out;
  out.at = now;
  for (const RetentionRule& rule : config.retention) out.lines.push_back(run.line(rule));
  if (dry_run) return out;
  const auto done = repository.write([](Act& act) -> Result<void> {  // also of what an earlier run left
    storage::erasure::drop_traces(act);
    return {};
  });
  if (!done) throw std::runtime_error(done.error().diagnostics);
  return out;
}

}  // namespace varde::command
