/// What could not be judged is never green and never silent, whatever was sent instead of a number.
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

/// {"code": 8480-6, <value>}
std::string component(std::string_view loinc, std::string_view value) {
  return R"({"code":{"coding":[{"system":"http://loinc.org","code":")" + std::string(loinc) + R"("}]})" +
         (value.empty() ? "" : "," + std::string(value)) + "}";
}
std::string mmhg(int value) {
  return R"("valueQuantity":{"value":)" + std::to_string(value) +
         R"(,"system":"http://unitsofmeasure.org","code":"mm[Hg]"})";
}

class Unjudged : public FollowUpTest {
 protected:
  void set_pressure_limits() {
    world.create(plan(kari, "85354-9",
                      {limit("green", "", "150", "mm[Hg]", "8480-6"), limit("red", "150", "", "mm[Hg]", "8480-6"),
                       limit("green", "", "95", "mm[Hg]", "8462-4"), limit("red", "95", "", "mm[Hg]", "8462-4")}));
  }
  std::string send(std::string_view loinc, std::string_view rest) {
    return world.create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",
      "code":")" +
        std::string(loinc) + R"("}]},"subject":{"reference":"Patient/)" + kari +
        R"("},"effectiveDateTime":"2026-11-22T07:00:00Z")" + (rest.empty() ? "" : ",") + std::string(rest) + "}");
  }
  std::string pressure(std::string_view systolic, std::string_view diastolic) {
    return send("85354-9",
                R"("component":[)" + component("8480-6", systolic) + "," + component("8462-4", diastolic) + "]");
  }
  std::string description(std::string_view task_code) {
    for (const auto& tree : world.all("Task"))
      if (tree.root()["code"]["coding"]["code"].value() == task_code)
        return std::string(tree.root()["description"].value());
    return "no such Task";
  }
};

const std::vector<std::string> kNotNumbers{
    R"("valueQuantity":{"value":200,"unit":"foo","code":"foo"})",
    R"("valueQuantity":{"value":200})",
    R"("valueQuantity":{"value":200,"code":"kg"})",
    R"("valueQuantity":{"unit":"mmHg","code":"mm[Hg]"})",
    R"("valueInteger":200)",
    R"("valueString":"185/80")",
    R"("valueBoolean":true)",
    R"("valueCodeableConcept":{"text":"høyt"})",
    R"("valueRange":{"low":{"value":180,"code":"mm[Hg]"},"high":{"value":200,"code":"mm[Hg]"}})",
    R"("valueRatio":{"numerator":{"value":200,"code":"mm[Hg]"},"denominator":{"value":1}})",
    R"("valueSampledData":{"origin":{"value":0,"code":"mm[Hg]"},"period":10,"dimensions":1,"data":"200 201"})",
    R"("dataAbsentReason":{"coding":[{"code":"error"}]})",
    "",
};

TEST_F(Unjudged, bound_that_may_lie_outside_the_green_is_never_green) {
  const auto spo2 = [&](std::string_view comparator, int value) {
    return send("2708-6", R"("valueQuantity":{"value":)" + std::to_string(value) + R"(,"comparator":")" +
                              std::string(comparator) + R"(","system":"http://unitsofmeasure.org","code":"%"})");
  };
  for (const auto* below : {"<", "<="}) EXPECT_EQ(level(spo2(below, 97)), "grey") << below;
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_EQ(description("technical"),
            "SpO2 er oppgitt som mer eller mindre enn et tall og kan ligge utenfor grensene: mål på nytt");
  EXPECT_EQ(level(spo2(">=", 97)), "green") << "nobody has more than 100 %";
  EXPECT_EQ(level(spo2("<", 88)), "yellow");
  EXPECT_EQ(level(spo2("<", 70)), "red");
}

TEST_F(Unjudged, unit_and_code_that_are_two_units_are_neither) {
  world.create(plan(kari, "29463-7", {limit("green", "60", "100", "kg"), limit("red", "", "60", "kg")}));
  const auto weight = [&](std::string_view unit, std::string_view code) {
    return level(send("29463-7", R"("valueQuantity":{"value":80,"unit":")" + std::string(unit) +
                                     R"(","system":"http://unitsofmeasure.org","code":")" + std::string(code) +
                                     R"("})"));
  };
  EXPECT_EQ(weight("lb", "kg"), "grey") << "36 kg, or 80?";
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_EQ(weight("g", "kg"), "grey");
  for (const auto* words : {"kilo", "Kg", "F", "hjemmevekt"}) EXPECT_EQ(weight(words, "kg"), "green") << words;
  world.create(plan(kari, "8310-5", {limit("green", "10", "50", "Cel")}));
  EXPECT_EQ(
      level(send("8310-5",
                 R"("valueQuantity":{"value":37,"unit":"°F","system":"http://unitsofmeasure.org","code":"Cel"})")),
      "grey");
}

TEST_F(Unjudged, modifier_that_nobody_understands_is_not_passed_over) {
  const std::string modifier = R"("modifierExtension":[{"url":"urn:other:not","valueBoolean":true}])";
  const std::string usual = R"("valueQuantity":{"value":97,"system":"http://unitsofmeasure.org","code":"%"})";
  EXPECT_EQ(level(send("2708-6", usual + "," + modifier)), "grey");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  set_pressure_limits();
  EXPECT_EQ(level(pressure(mmhg(120) + "," + modifier, mmhg(80))), "grey");
}

TEST_F(Unjudged, component_makes_the_panel_grey_with_a_technical_task) {
  set_pressure_limits();
  for (const auto& value : kNotNumbers) {
    EXPECT_EQ(level(pressure(value, mmhg(80))), "grey") << value;
    EXPECT_EQ(level(pressure(mmhg(120), value)), "grey") << value;
  }
  for (const auto& state : tasks("technical")) EXPECT_EQ(state, "requested/urgent");
  EXPECT_EQ(tasks("technical").size(), 2u) << "one for the unit, one for the value";
  EXPECT_TRUE(tasks("alert").empty());
}

TEST_F(Unjudged, component_does_not_hide_what_the_other_one_says) {
  set_pressure_limits();
  EXPECT_EQ(level(pressure(R"("valueString":"120")", mmhg(110))), "red");
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_EQ(description("technical"),
            "Systolisk blodtrykk kom med en verdi som ikke er et tall, og er ikke vurdert mot grensene");
}

TEST_F(Unjudged, component_without_limits_beside_one_with_asks_for_limits) {
  world.create(plan(kari, "85354-9",
                    {limit("green", "", "150", "mm[Hg]", "8480-6"), limit("red", "150", "", "mm[Hg]", "8480-6")}));
  EXPECT_EQ(level(pressure(mmhg(120), mmhg(80))), "grey");
  EXPECT_EQ(description("set-limits"), "Sett grenser for diastolisk blodtrykk");
  EXPECT_EQ(level(pressure(mmhg(160), mmhg(80))), "red");
}

TEST_F(Unjudged, component_that_has_limits_and_was_not_sent_is_missed) {
  set_pressure_limits();
  EXPECT_EQ(level(send("85354-9", R"("component":[)" + component("8462-4", mmhg(80)) + "]")), "grey");
  EXPECT_EQ(description("technical"), "Systolisk blodtrykk kom uten verdi, og er ikke vurdert mot grensene");
  const std::string not_performed = R"("dataAbsentReason":{"coding":[{"code":"not-performed"}]})";
  EXPECT_EQ(level(pressure(mmhg(120), not_performed)), "grey") << "nobody knows the diastolic pressure";
}

TEST_F(Unjudged, single_value_is_never_silent) {
  for (const auto& value : kNotNumbers) {
    const auto id = send("2708-6", value);
    EXPECT_EQ(level(id), "grey") << value;
    for (const auto& tree : world.all("Task")) world.remove("Task", std::string(tree.root()["id"].value()));
    send("2708-6", value);
    EXPECT_EQ(tasks("technical").size(), 1u) << value;
  }
}

TEST_F(Unjudged, panel_with_a_value_instead_of_components_is_technical) {
  set_pressure_limits();
  EXPECT_EQ(level(send("85354-9", R"("valueString":"185/80")")), "grey");
  EXPECT_EQ(level(send("85354-9", mmhg(185))), "grey");
  EXPECT_EQ(level(send("85354-9", "")), "grey");
  EXPECT_FALSE(tasks("technical").empty());
}

TEST_F(Unjudged, panel_of_members_elsewhere_is_told) {
  set_pressure_limits();
  EXPECT_EQ(level(send("85354-9", R"("hasMember":[{"reference":"https://other.example/fhir/Observation/1"}])")),
            "grey");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_EQ(level(send("85354-9", R"("hasMember":[{"reference":"Observation/1"}])")), "none") << "judged by itself";
}

TEST_F(Unjudged, impossible_value_is_an_error_of_the_equipment) {
  EXPECT_EQ(level(spo2("101")), "grey");
  EXPECT_EQ(level(spo2("100")), "green");
  EXPECT_EQ(level(spo2("0")), "red");
  EXPECT_EQ(description("technical"),
            "SpO2 har en verdi som ikke er mulig, og er ikke vurdert mot grensene: kontroller utstyret");
}

TEST_F(Unjudged, reading_dated_in_the_future_is_technical_and_never_an_alert) {
  EXPECT_EQ(level(measure({.time = "2026-11-22T08:20:00Z"})), "grey");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_TRUE(tasks("alert").empty());
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
  EXPECT_EQ(level(measure({.time = "2026-11-22T08:09:00Z"})), "red") << "clocks differ by minutes";
}

TEST_F(Unjudged, number_of_an_unknown_code_is_told_once_of_an_enrolled_patient) {
  const auto value = R"("valueQuantity":{"value":7,"code":"mmol/L"})";
  EXPECT_EQ(level(send("15076-3", value)), "grey") << "glucose in urine is not glucose in blood";
  send("15076-3", value);
  send("72514-3", R"("valueString":"noe vondt")");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
}

TEST_F(Unjudged, is_judged_when_it_is_corrected) {
  const auto id = measure({.value = "80", .unit = "kg"});
  world.update(observation(kari, {.value = "80", .status = "corrected"}), id);
  EXPECT_EQ(level(id), "red");
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
}

TEST_F(Unjudged, for_lack_of_limits_is_judged_by_those_set_since_when_it_is_corrected) {
  const auto id = measure({.loinc = "8867-4", .value = "150", .unit = "/min"});
  world.create(plan(kari, "8867-4", {limit("green", "", "100", "/min"), limit("red", "100", "", "/min")}));
  world.update(observation(kari, {.loinc = "8867-4", .value = "151", .unit = "/min", .status = "corrected"}), id);
  EXPECT_EQ(level(id), "red");
}

TEST_F(Unjudged, is_not_the_score_that_comes_without_a_unit) {
  const auto send_score = [&](const std::string& value) {
    return world.create(R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":
      "http://snomed.info/sct","code":"1104051000000101"}]},"subject":{"reference":"Patient/)" +
                        kari + R"("},"effectiveDateTime":"2026-11-22",)" + value + "}");
  };
  send_score(R"("valueInteger":7)"), send_score(R"("valueQuantity":{"value":7})");
  EXPECT_TRUE(tasks("technical").empty());
  EXPECT_EQ(tasks("set-limits").size(), 1u);
}

TEST_F(Unjudged, limits_text_is_told_and_the_reading_judged_by_the_resource_itself) {
  world.act([&](interaction::Act& act) -> Result<void> {
    const auto patient = act.patient_key(kari);
    auto row = storage::limits::of(act, patient, "http://loinc.org|2708-6").at(0);
    row.limits = "of a format to come";
    storage::limits::put(act, patient, row);
    return {};
  });
  EXPECT_EQ(level(spo2("82")), "red");
  EXPECT_EQ(level(spo2("95")), "green");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_EQ(description("technical"),
            "SpO2 har lagrede grenser som ikke kan leses: kontroller dem og lagre dem på nytt");
}

TEST_F(Unjudged, limits_that_cannot_be_read_anywhere_are_grey_and_told) {
  world.act([&](interaction::Act& act) -> Result<void> {
    const auto patient = act.patient_key(kari);
    storage::limits::put(act, patient, {"http://loinc.org|8867-4", storage::ResourceKey{4711}, act.now(), "x /min"});
    return {};
  });
  EXPECT_EQ(level(measure({.loinc = "8867-4", .value = "70", .unit = "/min"})), "grey");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_TRUE(tasks("set-limits").empty());
}

}  // namespace
}  // namespace varde::followup::test
