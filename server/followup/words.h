#pragma once
/// @file server/followup/words.h
/// A judgement in Norwegian, as a nurse reads it in a Task, a letter or an explanation. Pure.
#include <string>
#include <string_view>

#include "server/followup/evaluation.h"

namespace varde::followup {

std::string measure_label(const MeasuredValue& value);
/// «SpO2 82 % er under rød grense 85 %»; of a green value «SpO2 95 %: grønn».
std::string describe(const Judged& judged);
/// All that is yellow or red, of limits and of rules.
std::string describe(const Judgement& judgement);
/// «rød: under 85 %; gul: fra 85 til under 90 %; grønn: 90 % eller mer»
std::string in_words(const LimitSet& limits);
std::string as_sentence(std::string_view text);  ///< with a capital letter

}  // namespace varde::followup
