package import BenchSupport
package import Datasets
package import Reference
import Results
import Torch

/// What a training would take: the parameters of every part, and a short probe of time and memory.
package struct DryRun {
  package let title: String
  private let model: any TrainableModel
  private let kinds: [StepKind]
  private let plan: TrainingPlan

  /// Steps that move the same parameters in the same passes, such as those before and after a part of the model starts.
  private struct StepKind {
    let count: Int
    let seconds: Double
  }

  /// Probes a model with a few optimiser steps of every kind on the dataset's first images.
  package init(
    _ title: String, _ model: any TrainableModel, dataset: any ImageDataset, plan: TrainingPlan
  ) throws {
    self.title = title
    self.model = model
    self.plan = plan
    let memory = PeakMemory()
    let steps = Dictionary(grouping: 0..<plan.stepCount) {
      model.passes(at: $0, of: plan.stepCount)
    }
    kinds = try steps.values.sorted { $0[0] < $1[0] }.map { steps in
      let timing = try timeTrainingStep(
        model, dataset: dataset, plan: plan, count: 2, warmUp: 1, at: (steps[0], plan.stepCount))
      return StepKind(count: steps.count, seconds: timing.median)
    }
    peakMemoryBytes = memory.bytes
  }

  /// The most memory the process had resident meanwhile, in bytes; nil where that is not known.
  package let peakMemoryBytes: Int?

  /// Seconds of all steps.
  private var seconds: Double { kinds.reduce(0) { $0 + Double($1.count) * $1.seconds } }

  /// Seconds of an optimiser step, the mean over all.
  package var secondsPerStep: Double { seconds / Double(plan.stepCount) }

  /// Parameters by part, the first two components of their names, in the order of the first of each.
  private var parts: [(name: String, count: Int)] {
    var parts: [(name: String, count: Int)] = []
    for entry in model.store.entries where entry.isTrainable {
      let name = entry.name.split(separator: ".").dropLast().prefix(2).joined(separator: ".")
      if let place = parts.firstIndex(where: { $0.name == name }) {
        parts[place].count += entry.tensor.count
      } else {
        parts.append((name, entry.tensor.count))
      }
    }
    return parts
  }

  /// Bytes of weights, gradients, two moments and averages, in single precision.
  package var stateBytes: Int {
    model.store.parameterCount * 4 * (model.averageDecay == nil ? 4 : 5)
  }

  /// The estimate as JSON.
  package var json: JSONValue {
    [
      "stage": .string(title), "parameters": .integer(model.store.parameterCount),
      "parts": .object(
        Dictionary(uniqueKeysWithValues: parts.map { ($0.name, JSONValue.integer($0.count)) })),
      "state_bytes": .integer(stateBytes),
      "peak_memory_bytes": peakMemoryBytes.map { .integer($0) } ?? .null,
      "seconds_per_step": .number(secondsPerStep), "steps": .integer(plan.stepCount),
      "seconds": .number(seconds),
      "images_per_second": .number(Double(plan.imageCount(of: model)) / secondsPerStep),
    ]
  }

  /// The estimate as a table and a sentence.
  package var text: String {
    var table = ResultTable(header: ["part", "parameters"])
    for part in parts { table.append([.init(part.name), .init("\(part.count)")]) }
    table.append(["all", .init("\(model.store.parameterCount)")])
    let resident = peakMemoryBytes.map {
      "; resident in the probe: \((Double($0) / 0x1p20).fixed(0)) MiB"
    }
    let times = kinds.map { kind in
      "\((1000 * kind.seconds).fixed(0)) ms" + (kinds.count > 1 ? " (\(kind.count) steps)" : "")
    }
    return """
      \(title)
      \(table.text())
      Weights, gradients, moments and averages: \((Double(stateBytes) / 0x1p20).fixed(0)) MiB\
      \(resident ?? "").
      A step of \(plan.imageCount(of: model)): \(times.joined(separator: ", then ")); \(plan.stepCount) steps: \
      about \(duration(seconds)).
      """
  }
}
