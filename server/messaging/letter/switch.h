#pragma once
/// @file server/messaging/letter/switch.h
/// Which letters leave by themselves, as settings have it. Source: ../README.md, "Letters".
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace varde::messaging {

struct LetterSwitch {
  std::string code;              ///< of a rule of this folder
  std::chrono::minutes wait{0};  ///< what comes meanwhile goes in the same letter
  bool only_chosen = false;      ///< of patients whose enrolment says so; else of all but those whose does not
};

namespace letter {
/// What is sent where no setting says otherwise.
std::vector<LetterSwitch> usual_letters();
/// As usual, for a letter of that code; `code` empty: there is none.
LetterSwitch usual_letter(std::string_view code);
std::string letter_codes();  ///< "service-notice, gp-history …"
}  // namespace letter

}  // namespace varde::messaging
