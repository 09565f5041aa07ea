#pragma once
// A gateway of real parts on a temporary directory: Database, Store, FollowUp, folders. Steps run by hand, time by
// order.
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/folder/folder.h"
#include "fhir-model/element/element.h"
#include "server/demo/letters.h"
#include "server/followup/followup.h"
#include "server/interaction/repository.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging::test {

inline constexpr const char* kUs = "8142952";
inline constexpr const char* kGpHer = "920020";

/// UUID whose last digits are `n`.
std::string uuid(int n);

struct Gateway {
  Gateway();
  ~Gateway();

  void open();   ///< everything on the directory, as after a start
  void close();  ///< as a stop: objects go, the directory stays
  void restart() { close(), open(); }
  void start_over();  ///< on an empty directory
  void pass(std::chrono::microseconds time) { offset += time.count(); }

  /// Creates the patient with a GP (HER-id kGpHer) and enrols with the SpO2 limits red < 85 <= yellow < 90 <= green and
  /// the pulse limits green < 120 <= red.
  std::string enrolled_patient(const demo::Person& person = demo::copd_patient());
  std::string patient(const demo::Person& person, bool with_gp = true);
  void enrol(const std::string& patient_id);
  /// Stores an Observation of now, SpO2 unless it says otherwise; returns its id.
  std::string measure(const std::string& patient_id, int value, std::string_view loinc = "2708-6",
                      std::string_view unit = "%");

  demo::Letter letter(const std::string& type, int n, const std::string& event = "2026-11-20T10:00:00") const;
  /// As a nurse asks for it; the MsgId.
  Result<std::string> send_summary(const std::string& patient_id, const std::string& reason);
  /// accept and process.
  Receipt receive(const std::string& xml);
  Receipt receive(const demo::Letter& letter) { return receive(demo::write(letter)); }

  fhir::Tree get(std::string_view type, std::string_view id);
  std::vector<fhir::Tree> all(std::string_view type);    ///< current ones, oldest first
  std::vector<fhir::Tree> tasks(std::string_view code);  ///< by their code
  storage::InboxRow inbox(std::int64_t number);
  std::vector<storage::OutboxRow> outbox(std::string_view type);  ///< oldest first
  std::vector<std::string> files(std::string_view folder) const;  ///< names below messages/
  std::string file(std::string_view folder, const std::string& name) const;
  bool is_paused(const std::string& patient_id);
  /// The AppRec that the GP's system would give to the message in the outbound folder.
  std::string apprec_to(const std::string& message_xml, bool refuse = false, int n = 900);

  std::filesystem::path directory;
  std::atomic<std::int64_t> offset = 0;  ///< of the clock, microseconds
  adapters::FolderOptions folders;
  Settings settings;
  std::vector<Route> more_routes;  ///< beside the folder, from the next open() on
  std::mutex log_mutex;
  std::vector<std::string> log;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<followup::FollowUp> followup;
  std::unique_ptr<ResumeOnTask> resume;
  std::unique_ptr<interaction::Store> store;
  std::unique_ptr<interaction::Repository> repository;
  std::unique_ptr<adapters::FolderReceiver> receiver;
  std::unique_ptr<adapters::FolderSender> sender;
  std::unique_ptr<clock::Clock> clock;
  std::unique_ptr<Messaging> messaging;
};

/// Every resource is valid R4.
void expect_valid(fhir::Element resource);

}  // namespace varde::messaging::test
