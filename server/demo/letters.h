#pragma once
/// @file server/demo/letters.h
/// Fictitious PLO 1.6 messages, as a hospital or a GP would send them: for `varde demo` and for tests.
/// People, organisations and HER-ids do not exist; identity numbers are synthetic (month + 80).
#include <string>
#include <string_view>

namespace varde::demo {

struct Person {
  std::string family, given, number, birth_date, sex;  ///< sex: list 3101
};

struct Place {
  std::string organisation, organisation_her, department, department_her;
};

struct Letter {
  std::string type;  ///< LOG_INNLAGT, LOG_UTSKREVET, LOG_DOD, LOG_UTSKRIVNINGSKLAR, LOG_AVMELDING, HELSEOPPL_SOKNAD
  std::string msg_id, generated;  ///< UUID; xs:dateTime
  Person patient;
  std::string event;                           ///< when it happened, xs:dateTime or xs:date
  std::string status = "N";                    ///< list 7309
  std::string parent = {}, conversation = {};  ///< MsgIds, for ConversationRef
  Place sender = {}, receiver = {};
  std::string text = {};  ///< of a referral: why
};

std::string write(const Letter& letter);

Place hospital();
Person copd_patient(), unknown_patient();

}  // namespace varde::demo
