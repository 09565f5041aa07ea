#pragma once
/// @file server/messaging/messaging.h
/// The message gateway: inbox (stored raw, duplicates recognised, then processed), outbox (retries with back-off),
/// AppRec both ways, deadlines. Every step is a storage transaction; killing the process at any point loses
/// nothing. Sources: HITS 1168:2016, HIS 80415:2012, HIS 1037:2011.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/transport.h"
#include "fhir-model/fault/fault.h"
#include "mappings/signature/anchors.h"
#include "server/clock/clock.h"
#include "server/followup/followup.h"
#include "server/interaction/repository.h"
#include "server/messaging/letter/switch.h"
#include "server/messaging/route.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Whose messages are taken: only ours (HITS 1168 §5.3), or, while nobody has said who we are, those to anybody.
enum class Addressing : std::uint8_t { ours, anybody };

/// A message to our organisation whose service we do not know (HIS 80415:2012 §3.3.4: E21 by choice).
enum class UnknownService : std::uint8_t { ignore, refuse };

struct Draft;
struct Renewed;
namespace letter {
struct Rule;
struct LetterState;
struct Composed;
}  // namespace letter

/// Numbers of test populations: a service with real people refuses them (E31).
enum class SyntheticNumbers : std::uint8_t { take, refuse };

/// What its sender says is for debugging or training (ProcessingStatus D, T): only an installation that is itself for
/// tests lets it do what it says.
enum class TestMessages : std::uint8_t { keep, process };

struct Settings {
  std::vector<std::string> our_her_ids;  ///< the communication parties that we are; we send as the first
  Addressing addressing = Addressing::ours;
  UnknownService unknown_service = UnknownService::ignore;
  SyntheticNumbers synthetic_numbers = SyntheticNumbers::take;
  TestMessages test_messages = TestMessages::keep;
  std::string our_organisation, our_department;
  std::string our_organisation_her_id;        ///< of the organisation above the department; may be empty
  std::string our_telephone;                  ///< of the unit, as letters carry it (HIS 1145:2014 §3)
  std::string responsible, responsible_hpr;   ///< who stands behind the letters; may be empty
  std::chrono::hours apprec_deadline{96};     ///< HITS 1168
  std::vector<Route> routes;                  ///< the ways out; see route.h
  std::chrono::minutes summary_interval{60};  ///< between two summaries that alerts start, per patient
  std::vector<LetterSwitch> letters;          ///< that leave by themselves
  std::string epj_her_id, epj_name;           ///< the municipal journal system, as a communication party
  std::size_t largest_message = 35u << 20;    ///< bytes
  /// Whose signatures are checked, and by what; absent: they are kept and not checked.
  std::shared_ptr<const mappings::signature::Anchors> signature_anchors;
  std::function<storage::Instant()> wall_clock;        ///< that somebody may set; default: the system's
  std::function<std::chrono::microseconds()> elapsed;  ///< that nobody can; default: since the machine's start
  std::function<double()> random;                      ///< [0, 1), for the jitter of retries; default: std::mt19937
  std::function<void(std::string_view)> log = [](std::string_view) {};  ///< a line per event; never patient data
};

struct Letter;

struct Receipt {
  std::string msg_id, type;
  bool duplicate = false;
  std::string communication_id;  ///< Communication that tells the message's story
  std::int64_t number = 0;       ///< in our inbox: the message log's own number
  bool well_formed = true;       ///< false: stored, and nothing could be done with it
  std::string reason = {};       ///< of what is not well-formed: what is wrong with it and where
};

class Messaging {
 public:
  /// What it does by the clock it does by `clock`, which it must outlive.
  Messaging(interaction::Repository, clock::Clock& clock, followup::FollowUp&, Settings);
  ~Messaging();  ///< stops the workers; what is unfinished goes on at the next start

  /// Notices what gives occasion to a letter that leaves by itself. Wired after FollowUp; lives as long as this.
  interaction::Effect& letters();

  /// Takes messages from `receiver` too, looking every so often. Before start(); the receiver must outlive this.
  void receive_from(adapters::Receiver& receiver, std::chrono::milliseconds every);
  void start();  ///< inbox worker, one outbox worker per route, receivers
  void stop();   ///< returns when every worker has finished its step
  /// Something waits to be sent, another process says.
  void wake();
  /// The workers' steps, run now by the caller until nothing is left to do: for tests and for tools without threads.
  void work_through();

  /// Reads the message, stores the raw bytes durably and queues them. Faults: too_large, busy. Bytes that are not a
  /// message are stored too.
  Result<Receipt> accept(const adapters::Incoming& incoming);
  /// As accept, and waits until it is processed: the AppRec's XML (empty where none is sent, or when time is up).
  /// Asked again about a duplicate it repeats the first answer, under the same AppRec id.
  Result<std::string> accept_and_answer(const adapters::Incoming& incoming, std::chrono::milliseconds wait);
  /// The AppRec of an accepted message, when it comes before the time is up; empty otherwise.
  std::string answer_to(const Receipt& receipt, std::chrono::milliseconds wait);
  /// A transport could not hand something over (too large, no file): a technical Task.
  Result<void> report(std::string_view source, std::string_view reason);
  /// A person says whose the message of that Communication is: see link.h.
  Result<void> link(interaction::Act&, const std::string& communication_id, const std::string& patient_id);
  /// See operator.h. Names of the ways out, as the settings have them.
  Result<void> stop_receiver(interaction::Act&, std::string_view her_id);
  Result<void> start_receiver(interaction::Act&, std::string_view her_id);
  std::vector<std::string> route_names() const;
  std::string figures() const;  ///< for /metrics; see figures.h
  /// A message of ours is taken back, or replaced, as drafted on a snapshot where that still holds; see renewal.h.
  Result<std::optional<Draft>> draft_cancellation(const interaction::View&, const std::string& communication_id) const;
  Result<std::string> cancel(interaction::Act&, const std::string& communication_id, std::optional<Draft> draft);
  Result<Draft> draft_change(const interaction::View&, const std::string& communication_id, const Renewed&) const;
  /// A letter of its own to the patient's GP (gp_letter.h), into the outbox; returns the MsgId.
  Result<std::string> send_to_gp(interaction::Act&, const std::string& patient_id, const Letter& letter);
  Result<std::string> change(interaction::Act&, const std::string& communication_id, const Renewed&,
                             std::optional<Draft> draft);
  /// A nurse asks: HELSEOPPLYSNINGER_LEGE with status and the last measurements to the patient's GP, drafted on a
  /// snapshot. Faults: not_found, business_rule (no GP with HER-id).
  Result<Draft> draft_summary_to_gp(const interaction::View&, const std::string& patient_id,
                                    const std::string& reason) const;
  /// Into the outbox; drafted anew where what it was made of has changed since. Returns the MsgId.
  Result<std::string> send_summary_to_gp(interaction::Act&, Draft& draft, const std::string& patient_id,
                                         const std::string& reason);
  /// How the letters that leave by themselves stand for the patient; see letter/letters.h.
  std::vector<letter::LetterState> letter_states(const interaction::View&, storage::PatientKey patient) const;
  Result<letter::Composed> preview_letter(const interaction::View&, const letter::Rule&,
                                          storage::PatientKey patient) const;
  Result<std::string> send_letter(interaction::Act&, const letter::Rule&, storage::PatientKey patient);
  /// A message that others have written: see sending.h. Returns the MsgId.
  Result<Draft> draft_message(const interaction::View&, fhir::Element bundle) const;
  Result<std::string> send_message(interaction::Act&, Draft& draft);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Resuming is what completing its Task means; and a follow-up that is resumed another way needs no Task that asks for
/// it. Wired beside FollowUp.
class ResumeOnTask final : public interaction::Effect {
 public:
  Result<void> after(interaction::Act&, const interaction::Stored&) override;
};

}  // namespace varde::messaging
