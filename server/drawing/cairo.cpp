#include <cairo/cairo-pdf.h>
#include <cairo/cairo.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <string>

#include "server/drawing/drawing.h"

namespace varde::drawing {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

/// Draws on one page of a surface.
class Brush {
 public:
  explicit Brush(const Surface& surface)
      : cairo_(cairo_create(surface.get()), &cairo_destroy), fonts_(cairo_font_options_create()) {
    cairo_font_options_set_hint_metrics(fonts_, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(get(), fonts_);
    cairo_font_options_destroy(fonts_);
  }
  void scale(double by) { cairo_scale(get(), by, by); }
  void page(const Page& page) {
    (*this)(Area{0, 0, page.width, page.height, {255, 255, 255}});
    for (const Shape& shape : page.shapes) std::visit(*this, shape);
    cairo_show_page(get());
  }

  void operator()(const Area& area) {
    colour(area.fill);
    cairo_rectangle(get(), area.x, area.y, area.width, area.height);
    cairo_fill(get());
  }
  void operator()(const Line& line) {
    constexpr double kDash[] = {4, 3};
    colour(line.colour);
    cairo_set_line_width(get(), line.width);
    cairo_set_line_join(get(), CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(get(), kDash, line.dashed ? 2 : 0, 0);
    cairo_new_path(get());  // a text leaves its end behind
    for (const Spot spot : line.spots) cairo_line_to(get(), spot.x, spot.y);
    cairo_stroke(get());
    cairo_set_dash(get(), kDash, 0, 0);
  }
  void operator()(const Dot& dot) {
    constexpr Colour kWhite{255, 255, 255};
    const auto [x, y] = dot.at;
    cairo_new_path(get());
    if (dot.square) {
      const double r = dot.radius * 1.3;
      cairo_move_to(get(), x, y - r), cairo_line_to(get(), x + r, y);
      cairo_line_to(get(), x, y + r), cairo_line_to(get(), x - r, y);
      cairo_close_path(get());
    } else {
      cairo_arc(get(), x, y, dot.radius, 0, 2 * std::numbers::pi);
    }
    colour(dot.open ? kWhite : dot.colour);
    cairo_fill_preserve(get());
    colour(dot.open ? dot.colour : kWhite);
    cairo_set_line_width(get(), 1);
    cairo_stroke(get());
  }
  void operator()(const Text& text) {
    cairo_select_font_face(get(), "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           text.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(get(), text.size);
    cairo_text_extents_t size;
    cairo_text_extents(get(), text.text.c_str(), &size);
    const double back = text.anchor == Anchor::start ? 0 : text.anchor == Anchor::middle ? 0.5 : 1;
    colour(text.colour);
    cairo_move_to(get(), text.at.x - back * size.x_advance, text.at.y);
    cairo_show_text(get(), text.text.c_str());
  }

  void check() const {
    if (const auto status = cairo_status(cairo_.get()); status != CAIRO_STATUS_SUCCESS)
      throw std::runtime_error(std::string("the drawing failed: ") + cairo_status_to_string(status));
  }

 private:
  cairo_t* get() { return cairo_.get(); }
  void colour(Colour colour) {
    cairo_set_source_rgb(get(), colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  }
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo_;
  cairo_font_options_t* fonts_;
};

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int size) noexcept try {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
} catch (...) {
  return CAIRO_STATUS_WRITE_ERROR;
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw std::runtime_error(std::string("the drawing could not be written: ") + cairo_status_to_string(status));
}

}  // namespace

std::string to_png(const Page& page, double scale) {
  const auto pixels = [&](double points) { return static_cast<int>(std::lround(points * scale)); };
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(page.width), pixels(page.height)),
                        &cairo_surface_destroy);
  Brush brush(surface);
  brush.scale(scale);
  brush.page(page);
  brush.check();
  std::string out;
  check(cairo_surface_write_to_png_stream(surface.get(), &append, &out));
  return out;
}

std::string to_pdf(std::span<const Page> pages, const About& about) {
  std::string out;
  const Page first = pages.empty() ? Page{} : Page{pages.front().width, pages.front().height, {}};
  const Surface surface(cairo_pdf_surface_create_for_stream(&append, &out, first.width, first.height),
                        &cairo_surface_destroy);
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, about.title.c_str());
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT, about.description.c_str());
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Varde");
  Brush brush(surface);
  for (const Page& page : pages) {
    cairo_pdf_surface_set_size(surface.get(), page.width, page.height);
    brush.page(page);
  }
  brush.check();
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()));
  return out;
}

}  // namespace varde::drawing
