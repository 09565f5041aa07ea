#pragma once
/// @file server/demo/story.h
/// The main job as a story, played against any running Varde through its HTTP socket and its message folders:
/// a red value becomes an alert and a message to the GP; the hospital's messages pause and resume; a referral comes in.
/// `varde demo` plays it on a server of its own, the end-to-end test on the real binary.
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/demo/client.h"
#include "server/demo/letters.h"

namespace varde::demo {

/// A step did not hold.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Us {
  std::string her, organisation, organisation_her, department;
};

class Story {
 public:
  /// `tell` gets a line per thing that happened; a line that begins a step starts with its number.
  Story(Client client, std::filesystem::path messages, Us us, std::function<void(std::string_view)> tell);
  void play();  ///< throws Broken at the first step that does not hold

 private:
  void enrol();
  void red_value_becomes_alert_and_message();
  void gp_answers();
  void admission_pauses();
  void discharge_asks_to_resume();
  void nurse_resumes();
  void referral_arrives();
  void repeated_message_changes_nothing();

  void step(std::string_view title);
  void require(bool holds, const std::string& what) const;
  fhir::Tree measure(int spo2);
  std::vector<fhir::Tree> tasks(std::string_view code) const;
  std::string episode_status() const;
  std::string drop(Letter letter);  ///< into inbound; returns the MsgId
  void drop_bytes(const std::string& name, const std::string& bytes);
  /// Waits for a file in outbound that `wanted` accepts and that was not there before; its content.
  std::string outbound(const std::string& what, const std::function<bool(const std::string&)>& wanted);
  std::string apprec_to(const std::string& msg_id);  ///< waits for our AppRec; its status and errors in words
  template <class Condition>
  void eventually(const std::string& what, Condition&& condition) const;

  Client client_;
  std::filesystem::path messages_;
  Us us_;
  std::function<void(std::string_view)> tell_;
  int step_ = 0;
  std::string patient_, message_, communication_, admission_id_;
  Letter admission_;
  std::vector<std::string> seen_;  ///< outbound files already told of
};

}  // namespace varde::demo
