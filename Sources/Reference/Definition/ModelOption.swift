public import BenchSupport

/// A setting of a model that the command line can change, as in `beta-vae:beta=6`.
public struct ModelOption: Sendable {
  /// What values it takes.
  public enum Kind: Sendable, Equatable {
    /// A number in a range.
    case number(ClosedRange<Double>)
    /// One of several names.
    case choice([String])
  }

  /// Its name.
  public let name: String
  /// What it does, for the help.
  public let summary: String
  /// What values it takes.
  public let kind: Kind
  /// The value it has if nothing is said.
  public let defaultValue: String

  /// A number.
  public static func number(
    _ name: String, _ defaultValue: Double, in range: ClosedRange<Double>, _ summary: String
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, kind: .number(range), defaultValue: text(defaultValue))
  }

  /// A choice among names.
  public static func choice(
    _ name: String, _ defaultValue: String, of names: [String], _ summary: String
  ) -> ModelOption {
    ModelOption(name: name, summary: summary, kind: .choice(names), defaultValue: defaultValue)
  }

  /// Checks a value and writes it in one canonical way.
  func canonical(_ value: String, model: String) throws(TrainingError) -> String {
    switch kind {
    case .number(let range):
      guard let number = Double(value), range.contains(number) else {
        throw .badConfiguration(
          what: "\(model):\(name)",
          expected:
            "a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))",
          found: "'\(value)'")
      }
      return Self.text(number)
    case .choice(let names):
      guard names.contains(value) else {
        throw .badConfiguration(
          what: "\(model):\(name)", expected: "one of \(names.joined(separator: ", "))",
          found: "'\(value)'")
      }
      return value
    }
  }

  /// A number without a needless decimal point.
  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

/// The values of a model's options.
public struct ModelOptions: Sendable, Equatable {
  private let values: [String: String]

  init(_ values: [String: String]) { self.values = values }

  /// The values with another one.
  func with(_ name: String, _ value: String) -> ModelOptions {
    ModelOptions(values.merging([name: value]) { $1 })
  }

  /// A number, checked when the specification was read.
  public func number(_ name: String) -> Double {
    guard let value = values[name].flatMap(Double.init) else {
      preconditionFailure("no numeric option '\(name)'")
    }
    return value
  }

  /// A number as a count; nil for 0, which stands for the model's own choice.
  public func positiveInteger(_ name: String) -> Int? {
    let value = Int(number(name))
    return value > 0 ? value : nil
  }

  /// A choice, checked when the specification was read.
  public func choice(_ name: String) -> String {
    guard let value = values[name] else { preconditionFailure("no option '\(name)'") }
    return value
  }

  /// The same as one of an enumeration's cases.
  public func choice<Choice: RawRepresentable<String>>(_ name: String) -> Choice {
    guard let value = Choice(rawValue: choice(name)) else {
      preconditionFailure("option '\(name)' is \(choice(name) as String), no \(Choice.self)")
    }
    return value
  }

  /// All values by name.
  public var json: JSONValue { .object(values.mapValues { .string($0) }) }
}
