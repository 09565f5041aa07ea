// One number measured; trends and sums over one short range.
#include <gmock/gmock.h>

#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PatientKey kKari{1}, kOla{2};
constexpr std::string_view kSpO2 = "http://loinc.org|2708-6", kWeight = "http://loinc.org|29463-7";

class Measurements : public Store {
 protected:
  void measure(std::int64_t time, double value, std::int64_t observation, bool valid = true,
               std::string_view what = kSpO2, PatientKey patient = kKari, std::int64_t part = 0) {
    write([&](Transaction& transaction) {
      transaction.put_measurement({.patient = patient,
                                   .measure = std::string(what),
                                   .time = at(time),
                                   .observation = ResourceKey{observation},
                                   .value = value,
                                   .unit = "%",
                                   .zone = 'y',
                                   .valid = valid,
                                   .part = part});
    });
  }
  std::vector<double> values(std::int64_t from, std::int64_t to, std::size_t count = 100) {
    std::vector<double> found;
    for (const auto& row : database->read(
             [&](const Snapshot& snapshot) { return snapshot.measurements(kKari, kSpO2, at(from), at(to), count); }))
      found.push_back(row.value);
    return found;
  }
  MeasurementStats stats(std::int64_t from, std::int64_t to) {
    return database->read([&](const Snapshot& snapshot) { return snapshot.stats(kKari, kSpO2, at(from), at(to)); });
  }
};

TEST_F(Measurements, come_newest_first_from_a_half_open_range) {
  measure(100, 95, 1), measure(200, 94, 2), measure(300, 93, 3);
  EXPECT_THAT(values(0, 1000), ElementsAre(93, 94, 95));
  EXPECT_THAT(values(100, 300), ElementsAre(94, 95));
  EXPECT_THAT(values(0, 1000, 1), ElementsAre(93));
  EXPECT_THAT(values(301, 1000), IsEmpty());
}

TEST_F(Measurements, are_read_back_as_they_were_written) {
  measure(100, 95.25, 7, true, kSpO2, kKari, 1);
  const auto rows =
      database->read([](const Snapshot& snapshot) { return snapshot.measurements(kKari, kSpO2, at(0), at(200), 10); });
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].patient, kKari);
  EXPECT_EQ(rows[0].measure, kSpO2);
  EXPECT_EQ(rows[0].time, at(100));
  EXPECT_EQ(rows[0].observation, ResourceKey{7});
  EXPECT_EQ(rows[0].value, 95.25);
  EXPECT_EQ(rows[0].unit, "%");
  EXPECT_EQ(rows[0].zone, 'y');
  EXPECT_EQ(rows[0].part, 1);
}

TEST_F(Measurements, of_other_patients_measures_and_invalid_ones_stay_out) {
  measure(100, 95, 1);
  measure(110, 1, 2, false);
  measure(120, 80, 3, true, kWeight);
  measure(130, 70, 4, true, kSpO2, kOla);
  EXPECT_THAT(values(0, 1000), ElementsAre(95));
  EXPECT_EQ(stats(0, 1000).count, 1);
}

TEST_F(Measurements, at_the_same_time_are_kept_apart_by_observation_and_part) {
  measure(100, 95, 1), measure(100, 96, 2), measure(100, 97, 2, true, kSpO2, kKari, 1);
  EXPECT_THAT(values(0, 1000), ElementsAre(97, 96, 95));
  measure(100, 90, 1);  // the same one, put again
  EXPECT_THAT(values(0, 1000), ElementsAre(97, 96, 90));
}

TEST_F(Measurements, are_summed_up_over_a_period) {
  measure(100, 95, 1), measure(200, 94, 2), measure(300, 90.5, 3);
  const auto all = stats(0, 1000);
  EXPECT_EQ(all.count, 3);
  EXPECT_EQ(all.minimum, 90.5);
  EXPECT_EQ(all.maximum, 95);
  EXPECT_EQ(all.sum, 279.5);
  EXPECT_EQ(stats(100, 300).count, 2);
  EXPECT_EQ(stats(400, 1000).count, 0);
  EXPECT_EQ(stats(400, 1000).sum, 0);
}

TEST_F(Measurements, of_one_observation_are_dropped_together) {
  measure(100, 95, 1), measure(150, 60, 1, true, kWeight), measure(200, 94, 2);
  write([](Transaction& transaction) { transaction.drop_measurements(kKari, ResourceKey{1}); });
  EXPECT_THAT(values(0, 1000), ElementsAre(94));
  database->read([](const Snapshot& snapshot) {
    EXPECT_THAT(snapshot.measures(kKari), ElementsAre(kSpO2));
    return 0;
  });
}

TEST_F(Measurements, name_the_measures_a_patient_has_valid_ones_of) {
  measure(100, 95, 1), measure(110, 70, 2, true, kWeight), measure(120, 5, 3, false, "http://loinc.org|1988-5");
  measure(100, 95, 4, true, "http://loinc.org|8867-4", kOla);
  database->read([](const Snapshot& snapshot) {
    EXPECT_THAT(snapshot.measures(kKari), ElementsAre(kSpO2, kWeight));
    EXPECT_THAT(snapshot.measures(PatientKey{3}), IsEmpty());
    return 0;
  });
}

}  // namespace
}  // namespace varde::storage::test
