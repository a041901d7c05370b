// skald._skald: the C++ API for Python, without conveniences; skald/*.py are those.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "skald/engine.h"
#include "skald/live.h"
#include "skald/models.h"
#include "skald/version.h"

namespace nb = nanobind;

namespace {

using Samples = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// Raises skald.SkaldError, or the subclass that its code stands for.
[[noreturn]] void raise(const skald::Error& error) {
  const nb::object make = nb::module_::import_("skald._errors").attr("make_error");
  const nb::object exception = make(skald::to_string(error.code), error.where, error.message, error.remedy);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw nb::python_error();
}

template <class T>
T value_or_raise(skald::Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Options with the fields that a dict names set. What it names beside them, and values of another type, raise
/// TypeError.
template <class Options>
Options options_from(const nb::dict& given, Options options = {}) {
  size_t used = 0;
  options.for_each_field([&](const skald::Field& field, auto& target) {
    using T = std::decay_t<decltype(target)>;
    if (!given.contains(field.name)) return;
    ++used;
    const nb::object value = given[field.name];
    if constexpr (skald::OptionalOf<T>::kMayBeNone) {
      if (value.is_none()) {
        target.reset();
        return;
      }
    }
    if (!nb::try_cast<T>(value, target)) {
      throw nb::type_error(
          (std::string(field.name) + ": " + nb::repr(value).c_str() + " is of a type that it cannot have").c_str());
    }
  });
  if (used == nb::len(given)) return options;
  for (const auto [name, value] : given) {
    bool known = false;
    const std::string text = nb::str(name).c_str();
    options.for_each_field([&](const skald::Field& field, auto&) { known = known || text == field.name; });
    if (!known) throw nb::type_error(("there is no option '" + text + "'").c_str());
  }
  return options;
}

/// Names of the fields of an options struct, with their defaults.
template <class Options>
nb::dict defaults() {
  nb::dict all;
  Options options;
  options.for_each_field([&](const skald::Field& field, auto& value) { all[field.name] = nb::cast(value); });
  return all;
}

nb::dict dict_of(const skald::Word& word) {
  nb::dict d;
  d["start"] = word.start;
  d["end"] = word.end;
  d["word"] = word.word;
  d["probability"] = word.probability;
  return d;
}

nb::list list_of(const std::vector<skald::Word>& words) {
  nb::list list;
  for (const skald::Word& word : words) list.append(dict_of(word));
  return list;
}

nb::dict dict_of(const skald::Segment& segment, bool with_words) {
  nb::dict d;
  d["id"] = segment.id;
  d["seek"] = segment.seek;
  d["start"] = segment.start;
  d["end"] = segment.end;
  d["text"] = segment.text;
  d["tokens"] = segment.tokens;
  d["avg_logprob"] = segment.avg_logprob;
  d["compression_ratio"] = segment.compression_ratio;
  d["no_speech_prob"] = segment.no_speech_prob;
  d["words"] = nb::none();
  if (with_words) d["words"] = list_of(segment.words);
  d["temperature"] = segment.temperature;
  return d;
}

/// A wish to stop, expressed by another thread.
struct Cancel {
  std::atomic<bool> requested{false};
};

/// One model. Calls that take long let other Python threads run.
class Engine {
 public:
  explicit Engine(const nb::dict& options) {
    const auto load = options_from<skald::LoadOptions>(options);
    const auto opened = [&] {
      const nb::gil_scoped_release release;
      return std::make_unique<skald::Result<skald::Engine>>(skald::Engine::load(load));
    }();
    engine_ = std::make_unique<skald::Engine>(value_or_raise(std::move(*opened)));
  }

  nb::dict info() const {
    const skald::ModelInfo& info = engine_->info();
    nb::dict d;
    d["name"] = info.name;
    d["path"] = info.path;
    d["multilingual"] = info.multilingual;
    d["languages"] = info.languages;
    d["parameters"] = info.parameters;
    d["device"] = info.device;
    d["isa"] = info.isa;
    d["compute_type"] = info.compute_type;
    d["threads"] = info.threads;
    d["load_seconds"] = info.load_seconds;
    return d;
  }

  void check(const nb::dict& options) const {
    value_or_raise(engine_->check(options_from<skald::TranscribeOptions>(options)));
  }

  nb::dict transcribe_file(const nb::bytes& path, const nb::dict& options, const nb::object& listener,
                           const Cancel& cancel) {
    return transcribe(std::string(path.c_str(), path.size()), options, listener, cancel);
  }

  nb::dict transcribe_samples(const Samples& samples, const nb::dict& options, const nb::object& listener,
                              const Cancel& cancel) {
    return transcribe(std::span<const float>(samples.data(), samples.size()), options, listener, cancel);
  }

 private:
  /// `listener` has on_language(code, probability), on_segment(dict), on_progress(done, total). What it raises ends the
  /// run with an internal error.
  template <class Audio>
  nb::dict transcribe(const Audio& audio, const nb::dict& given, const nb::object& listener, const Cancel& cancel) {
    const auto options = options_from<skald::TranscribeOptions>(given);
    skald::Callbacks callbacks;
    callbacks.cancel = &cancel.requested;
    callbacks.on_language = [&](const std::string& code, double probability) {
      const nb::gil_scoped_acquire acquire;
      listener.attr("on_language")(code, probability);
    };
    callbacks.on_segment = [&](const skald::Segment& segment) {
      const nb::gil_scoped_acquire acquire;
      listener.attr("on_segment")(dict_of(segment, options.word_timestamps));
    };
    callbacks.on_progress = [&](double done, double total) {
      const nb::gil_scoped_acquire acquire;
      listener.attr("on_progress")(done, total);
    };
    auto result = [&] {
      const nb::gil_scoped_release release;
      return engine_->transcribe(audio, options, callbacks);
    }();
    const skald::Transcript transcript = value_or_raise(std::move(result));
    if (transcript.error && transcript.error->code != skald::ErrorCode::kCancelled) raise(*transcript.error);
    nb::dict d;
    d["language"] = transcript.language;
    d["language_probability"] = transcript.language_probability;
    d["duration"] = transcript.duration;
    return d;
  }

  friend class Live;

  std::unique_ptr<skald::Engine> engine_;
};

/// The bytes of an object that has some, as long as this lives. Others raise TypeError.
class Bytes {
 public:
  explicit Bytes(nb::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nb::python_error();
  }
  ~Bytes() { PyBuffer_Release(&view_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::span<const std::byte> span() const {
    return {static_cast<const std::byte*>(view_.buf), static_cast<size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

/// One stream of audio. What feeds lets other Python threads run, and returns a list of texts.
class Live {
 public:
  Live(Engine& engine, const nb::dict& options, const nb::dict& live)
      : live_(value_or_raise(skald::Live::open(
            *engine.engine_, options_from(options, skald::Live::usual_options()),
            options_from<skald::LiveOptions>(live), [this](const skald::LiveText& text) { hear(text); }, &cancel_))) {}

  nb::list feed_bytes(nb::handle object) {
    const Bytes bytes(object);
    return listen([&] { return live_.feed(bytes.span()); });
  }
  nb::list feed_samples(const Samples& samples) {
    return listen([&] { return live_.feed(std::span(samples.data(), samples.size())); });
  }
  nb::list finish() {
    return listen([&] { return live_.finish(); });
  }
  void cancel() { cancel_ = true; }

 private:
  /// Without the GIL.
  void hear(const skald::LiveText& text) {
    texts_.push_back(text);
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() == 0) return;  // Ctrl-C, whose exception is kept until listen() raises it
    interrupted_ = true;
    cancel_ = true;
  }

  /// What was heard before an error is returned by the next call.
  template <class Body>
  nb::list listen(const Body& body) {
    std::vector<skald::LiveText> texts;
    bool interrupted = false;
    auto outcome = [&] {
      const nb::gil_scoped_release release;
      const std::scoped_lock lock(mutex_);
      auto done = body();
      interrupted = std::exchange(interrupted_, false);
      if (interrupted) cancel_ = false;
      if (done && !interrupted) texts.swap(texts_);
      return done;
    }();
    if (interrupted) throw nb::python_error();
    value_or_raise(std::move(outcome));
    nb::list list;
    for (const skald::LiveText& text : texts) {
      nb::dict d;
      d["stable"] = list_of(text.stable);
      d["provisional"] = list_of(text.provisional);
      d["heard"] = text.heard;
      list.append(d);
    }
    return list;
  }

  std::atomic<bool> cancel_{false};
  std::mutex mutex_;  // one call at a time
  std::vector<skald::LiveText> texts_;
  bool interrupted_ = false;
  skald::Live live_;
};

nb::list installed_models() {
  nb::list names;
  for (const skald::InstalledModel& model : skald::installed_models()) names.append(model.name);
  return names;
}

}  // namespace

NB_MODULE(_skald, m) {
  m.def("version", &skald::version);
  m.def("installed_models", &installed_models);
  m.def("load_defaults", &defaults<skald::LoadOptions>);
  m.def("transcribe_defaults", &defaults<skald::TranscribeOptions>);
  nb::class_<Cancel>(m, "Cancel").def(nb::init<>()).def("request", [](Cancel& cancel) { cancel.requested = true; });
  nb::class_<Engine>(m, "Engine")
      .def(nb::init<const nb::dict&>(), nb::arg("options"))
      .def("info", &Engine::info)
      .def("check", &Engine::check, nb::arg("options"))
      .def("transcribe_file", &Engine::transcribe_file, nb::arg("path"), nb::arg("options"), nb::arg("listener"),
           nb::arg("cancel"))
      .def("transcribe_samples", &Engine::transcribe_samples, nb::arg("samples"), nb::arg("options"),
           nb::arg("listener"), nb::arg("cancel"));
  nb::class_<Live>(m, "Live")
      .def(nb::init<Engine&, const nb::dict&, const nb::dict&>(), nb::arg("engine"), nb::arg("options"),
           nb::arg("live"), nb::keep_alive<1, 2>())
      .def("feed_bytes", &Live::feed_bytes, nb::arg("bytes"))
      .def("feed_samples", &Live::feed_samples, nb::arg("samples"))
      .def("finish", &Live::finish)
      .def("cancel", &Live::cancel);
}
