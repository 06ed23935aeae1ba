@preconcurrency import Glibc

/// Progress of one long task on standard error: a bar on a terminal, plain lines elsewhere.
///
/// A terminal is redrawn at most ten times a second; elsewhere a line is written every ten seconds
/// and at the end. Nothing is shown for tasks that end within two seconds.
public struct ProgressReporter {
  private let label: String
  private let total: Int
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant
  private var hasShown = false

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - label: What is being done, for instance `train beta-vae seed 0`.
  ///   - total: Number of units of work.
  ///   - isQuiet: Shows nothing at all.
  public init(_ label: String, total: Int, isQuiet: Bool = false) {
    self.label = label
    self.total = total
    self.isQuiet = isQuiet
    lastShown = start
  }

  /// Seconds since the start.
  public var elapsedSeconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Whether ``update(_:detail:)`` would draw now; lets callers skip costly details.
  public var isDue: Bool {
    guard !isQuiet else { return false }
    let now = ContinuousClock.now
    guard now - start >= .seconds(2) else { return false }
    return now - lastShown >= (isTerminal ? .milliseconds(100) : .seconds(10))
  }

  /// Shows that `done` units are finished, if it is time to.
  ///
  /// - Parameters:
  ///   - done: Units finished so far.
  ///   - detail: Further facts, for instance loss terms; evaluated only when shown.
  public mutating func update(_ done: Int, detail: @autoclosure () -> String = "") {
    guard isDue else { return }
    lastShown = .now
    hasShown = true
    let elapsed = elapsedSeconds
    let remaining = done > 0 ? elapsed / Double(done) * Double(total - done) : 0
    let line =
      "\(label) \(bar(done))\(done)/\(total)  \(detail())  \(duration(elapsed)) < \(duration(remaining))"
    fputs(isTerminal ? "\r\u{1B}[2K\(line)" : "\(line)\n", stderr)
  }

  /// Ends the bar; if anything was shown, the last line says how long the task took.
  public mutating func finish(detail: @autoclosure () -> String = "") {
    guard !isQuiet && hasShown else { return }
    let line = "\(label) done  \(detail())  \(duration(elapsedSeconds))\n"
    fputs(isTerminal ? "\r\u{1B}[2K\(line)" : line, stderr)
  }

  private func bar(_ done: Int) -> String {
    guard isTerminal && total > 0 else { return "" }
    let filled = min(24, 24 * done / total)
    return "["
      + String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled) + "] "
  }
}

/// A duration in the largest two units, for instance `3m 20s`.
public func duration(_ seconds: Double) -> String {
  guard seconds.isFinite && seconds >= 0 else { return "?" }
  let whole = Int(seconds.rounded())
  if whole < 60 { return seconds < 10 ? "\(seconds.fixed(1))s" : "\(whole)s" }
  if whole < 3600 { return "\(whole / 60)m \(whole % 60)s" }
  return "\(whole / 3600)h \(whole % 3600 / 60)m"
}
