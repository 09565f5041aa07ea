#pragma once
/// @file server/messaging/messaging.h
/// The message gateway: inbox (raw first, duplicates recognised, then processed), outbox (retries with back-off), AppRec
/// both ways, overdue watch. Every step is a storage transaction; killing the process at any point loses nothing.
/// Sources: HITS 1168:2016, HIS 80415:2012, HIS 1037:2011.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/transport.h"
#include "fhir-model/fault/fault.h"
#include "server/followup/followup.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::messaging {

struct Settings {
  std::string our_her_id;                                  ///< the communication party we are
  std::string our_organisation, our_department;
  std::chrono::hours apprec_deadline{96};                  ///< HITS 1168
  std::chrono::seconds first_retry{30}, longest_retry{3600};
  std::chrono::minutes summary_interval{60};               ///< between two summaries that alerts start, per patient
  std::size_t largest_message = 35u << 20;                 ///< bytes
  std::function<double()> random;                          ///< [0, 1), for the jitter of retries; default: std::mt19937
  std::function<void(std::string_view)> log = [](std::string_view) {};   ///< a line per event; never patient data
};

struct Receipt {
  std::string msg_id, type;
  bool duplicate = false;
  std::string communication_id;    ///< Communication that tells the message's story
};

class Messaging {
 public:
  Messaging(storage::Database&, interaction::Store&, followup::FollowUp&, adapters::Sender&, Settings);
  ~Messaging();                    ///< stops the workers; what is unfinished goes on at the next start

  void start();                    ///< inbox worker, outbox worker, overdue watch
  /// Stores the raw bytes durably and queues them. Faults: too_large, busy. Bytes that are not a message are stored too.
  Result<Receipt> accept(const adapters::Incoming& incoming);
  /// As accept, and waits until it is processed: the AppRec's XML (empty where none is sent).
  Result<std::string> accept_and_answer(const adapters::Incoming& incoming, std::chrono::milliseconds wait);
  /// A nurse asks: HELSEOPPLYSNINGER_LEGE with status and the last measurements to the patient's GP.
  /// Written into the outbox inside `transaction`; returns the MsgId. Faults: not_found, business_rule (no GP with HER-id).
  Result<std::string> send_summary_to_gp(storage::Transaction&, const std::string& patient_id, const std::string& reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::messaging
