// Holds us to design.md section 5: settings and options that say what is wrong and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/issuers.h"

namespace varde::command {
namespace {

using namespace std::chrono_literals;

using testing::HasSubstr;

std::string first_problem(std::string_view text) {
  Config config;
  const auto applied = apply_settings(text, config);
  return applied ? "" : applied.error().diagnostics;
}

TEST(Settings, takes_every_value_the_table_shows) {
  Config config;
  std::string text;
  for (const auto& row : settings())
    if (!row.show(config).empty()) text += std::string(row.key) + " = " + row.show(config) + "\n";
  EXPECT_TRUE(apply_settings(text, config)) << text;
}

TEST(Settings, says_where_the_store_lies_and_never_with_which_password) {
  const auto shown = [](std::string_view value) {
    Config config;
    EXPECT_TRUE(apply_settings("storage = " + std::string(value), config)) << value;
    const auto row =
        std::find_if(settings().begin(), settings().end(), [](const auto& r) { return r.key == "storage"; });
    return row->show(config);
  };
  EXPECT_EQ(shown("sqlite:/var/lib/varde"), "sqlite:/var/lib/varde");
  EXPECT_EQ(shown("postgresql://varde@/varde?host=/run/postgresql"), "postgresql://varde@/varde?host=/run/postgresql");
  EXPECT_EQ(shown("postgresql://varde:s3cret@db:5432/varde"), "postgresql://varde:…@db:5432/varde");
  EXPECT_THAT(first_problem("storage = mysql://x"), HasSubstr("must be sqlite:DIR or postgresql://"));
}

TEST(Settings, reads_comments_blank_lines_sizes_and_norwegian_letters) {
  Config config;
  ASSERT_TRUE(apply_settings("# ours\n\norganisation = Ås kommune\r\nmessage-limit = 2MB\nher-id=123\n", config));
  EXPECT_EQ(config.organisation, "Ås kommune");
  EXPECT_EQ(config.message_bytes, 2u * 1024 * 1024);
  EXPECT_EQ(config.her_ids, std::vector<std::string>{"123"});
}

TEST(Settings, names_the_line_of_every_mistake) {
  Config config;
  const auto applied = apply_settings("lisen = 1\nher-id = 12a\nlisten\nlisten = :80\nthreads = 4\n", config);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().diagnostics, "line 1: there is no setting 'lisen'");
  ASSERT_EQ(applied.error().also.size(), 4u);
  EXPECT_THAT(applied.error().also[0].diagnostics, HasSubstr("line 2: her-id must be a number of at most ten digits"));
  EXPECT_THAT(applied.error().also[1].diagnostics, HasSubstr("line 3: expected `key = value`"));
  EXPECT_THAT(applied.error().also[2].diagnostics, HasSubstr("line 4: listen must be HOST:PORT"));
}

TEST(Settings, refuses_what_is_out_of_range_or_set_twice) {
  EXPECT_THAT(first_problem("apprec-deadline = 0"), HasSubstr("whole number from 1"));
  EXPECT_THAT(first_problem("message-limit = 4096MB"), HasSubstr("size up to"));
  EXPECT_THAT(first_problem("public-base = https://x/fhir/"), HasSubstr("FHIR base"));
  EXPECT_THAT(first_problem("her-id = 1\nher-id = 2"), HasSubstr("line 2: her-id is set twice"));
}

TEST(Settings, take_routes_by_name_transport_and_receivers) {
  Config config;
  ASSERT_TRUE(apply_settings("routes = hospital=folder:81,82  gp-2=folder:83\n", config));
  ASSERT_EQ(config.routes.size(), 2u);
  EXPECT_EQ(config.routes[0].receivers, (std::vector<std::string>{"81", "82"}));
  EXPECT_EQ(config.routes[1].name, "gp-2");
  for (const auto* wrong : {"folder=folder:81", "a=pigeon:81", "a=folder:", "a=folder:81,", "A=folder:81",
                            "a:81=folder", "a=folder:81 a=folder:82", "../a=folder:81"})
    EXPECT_THAT(first_problem("routes = " + std::string(wrong) + "\n"), HasSubstr("routes must")) << wrong;
}

TEST(Settings, take_origins_by_name_and_never_any) {
  Config config;
  ASSERT_TRUE(apply_settings("cors = https://app.example.no http://localhost:3000", config));
  EXPECT_THAT(config.origins, testing::ElementsAre("https://app.example.no", "http://localhost:3000"));
  for (const auto* wrong :
       {"*", "app.example.no", "https://*.example.no", "https://app.example.no/", "https://", "null"})
    EXPECT_THAT(first_problem("cors = " + std::string(wrong)), HasSubstr("must be origins")) << wrong;
}

TEST(Settings, name_the_file_of_issuers_that_is_not_there) {
  Config config;
  ASSERT_TRUE(apply_settings("access = oauth\nissuers = /nowhere/issuers.conf", config));
  const auto issuers = issuers_of(config);
  ASSERT_FALSE(issuers);
  EXPECT_THAT(issuers.error().diagnostics, HasSubstr("/nowhere/issuers.conf: "));
}

TEST(Listen, takes_names_and_both_kinds_of_addresses) {
  Config config;
  ASSERT_TRUE(set_listen(config, "[::1]:9090"));
  EXPECT_EQ(config.listen_host, "::1");
  EXPECT_EQ(config.listen_port, 9090);
  ASSERT_TRUE(set_listen(config, "localhost:0"));
  for (const char* wrong : {"", "8080", ":8080", "host:", "host:70000", "host:-1", "::1:80"})
    EXPECT_FALSE(set_listen(config, wrong)) << wrong;
}

TEST(Options, reads_values_with_and_without_equals_sign_and_stops_at_two_dashes) {
  constexpr OptionRow kRows[]{{"--to", "xml|json", ""}, {"--empty", "", ""}};
  const std::vector<std::string> words{"--to=xml", "--empty", "file", "--", "--odd"};
  const auto arguments = parse(words, kRows);
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->get("--to"), "xml");
  EXPECT_TRUE(arguments->has("--empty"));
  EXPECT_EQ(arguments->words, (std::vector<std::string>{"file", "--odd"}));
}

TEST(Options, refuses_what_it_does_not_know_what_lacks_a_value_and_what_is_said_twice) {
  constexpr OptionRow kRows[]{{"--to", "xml|json", ""}, {"--empty", "", ""}};
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--form"}, {"--to"}, {"--empty=yes"}, {"--empty", "--empty"}})
    EXPECT_FALSE(parse(words, kRows));
}

TEST(Settings, take_when_the_centre_is_open_and_how_soon_it_sees_to_what) {
  using followup::OpeningHours;
  Config config;
  ASSERT_TRUE(
      apply_settings("opening-hours = mon-thu 08:00-15:30, fri 08:00-15:00, holidays 10:00-14:00\n"
                     "response-times = red=15min yellow=2h not-done=3shifts grey=7d\n"
                     "journal = message plan\n",
                     config));
  const auto& hours = config.service.hours;
  EXPECT_EQ(hours.days[3], (OpeningHours::Shift{8h, 15h + 30min}));
  EXPECT_EQ(hours.days[4], (OpeningHours::Shift{8h, 15h}));
  EXPECT_EQ(hours.days[5], std::nullopt);
  EXPECT_EQ(hours.holidays, (OpeningHours::Shift{10h, 14h}));
  const auto response = [&](followup::Colour colour) {
    return config.service.responses.at(static_cast<std::size_t>(colour));
  };
  EXPECT_EQ(response(followup::Colour::red).amount, 15);
  EXPECT_EQ(response(followup::Colour::yellow).amount, 120);
  EXPECT_EQ(response(followup::Colour::not_done).response, followup::Response::shifts);
  EXPECT_EQ(response(followup::Colour::grey).response, followup::Response::days);
  EXPECT_EQ(response(followup::Colour::blue).response, followup::Response::shift) << "as usual";
  EXPECT_EQ(config.service.journal, (std::vector<std::string>{"message", "plan"}));
}
TEST(Settings, refuse_hours_and_times_that_nobody_could_keep) {
  for (const std::string_view wrong :
       {"opening-hours = mon 8-15", "opening-hours = mon 15:00-08:00", "opening-hours = mon 08:00-24:30",
        "opening-hours = fri-mon 08:00-15:00", "opening-hours = mon 08:00-12:00, mon-fri 12:00-15:00",
        "opening-hours = holidays 10:00-14:00", "opening-hours =", "response-times = red=0min",
        "response-times = pink=shift", "response-times = red", "response-times = grey=32d", "journal = 999"}) {
    Config config;
    const auto applied = apply_settings(wrong, config);
    ASSERT_FALSE(applied) << wrong;
    EXPECT_EQ(applied.error().fault, Fault::parameter_malformed) << wrong;
    EXPECT_THAT(applied.error().diagnostics, testing::StartsWith("line 1: ")) << wrong;
  }
}

}  // namespace
}  // namespace varde::command
