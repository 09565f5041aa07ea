#pragma once
/// @file server/followup/course/stage.h
/// The course of a follow-up, as a machine of states on the EpisodeOfCare: `status` says what R4 has words for, the
/// extension `course` tells apart what it has none for; earlier stages with their times stand in `statusHistory`.
/// Source: README.md, "By hand"; https://hl7.org/fhir/R4/episodeofcare.html
/// Faults: business_rule (a step that the course does not have), resource_conflict; in Norwegian first.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"

namespace varde::followup {

enum class Stage : std::uint8_t { referred, offered, trial, running, paused, ended };

std::string_view code_of(Stage stage);
std::string_view norwegian(Stage stage);  ///< "i oppfølging"
std::optional<Stage> stage_of_code(std::string_view code);
/// nullopt: entered in error, or no enrolment of ours.
std::optional<Stage> stage_of(fhir::Element episode_of_care);
/// The code that tells apart what `status` has no word for; empty: none.
std::string_view course_of(fhir::Element episode_of_care);
/// The stage of `before` goes into the history, and ends at `at`.
void note_stage(fhir::Editor episode_of_care, fhir::Element before, storage::Instant at);
/// Writes status and course, and notes the stage before.
void set_stage(fhir::Editor episode_of_care, Stage stage, storage::Instant at);
/// Whether a course goes on so; a stage goes on to itself. A refusal says what goes instead.
Result<void> check_step(Stage from, Stage to);

/// A patient has one follow-up of a kind at a time: whoever begins a second hears this (resource_conflict).
Failure already_enrolled();

/// A follow-up begins at most a year ahead: what is later is a slip of the pen. Faults: business_rule.
Result<void> check_start(storage::Instant start, storage::Instant now, std::string_view place);

struct OpenCourse {
  std::string episode_id;
  Stage stage = Stage::ended;
};
/// The patient's course that has not ended; also one that has only been referred or offered.
std::optional<OpenCourse> open_course(const interaction::View&, storage::PatientKey patient);
/// Moves an open course on. Faults: those of check_step.
Result<void> move_course(interaction::Act&, const OpenCourse& course, Stage to, std::string_view reason);

}  // namespace varde::followup
