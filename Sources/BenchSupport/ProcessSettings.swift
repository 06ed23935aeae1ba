internal import CProcess

/// What concerns the whole process: memory that is kept and how long waiting threads spin.
package enum ProcessSettings {
  /// Chooses settings for training and for reading many pictures; a program's first act, before it has
  /// threads or loads libtorch.
  ///
  /// `bench` does so. The libraries leave the process of whoever else uses them as it is; the settings
  /// and what they are for stand in `CProcess.c`, what they bring in docs/performance.md.
  package static func choose() { cprocess_tune() }

  /// Returns memory that is free, but kept for what comes next, to the system.
  package static func releaseFreeMemory() { cprocess_release_memory() }
}
