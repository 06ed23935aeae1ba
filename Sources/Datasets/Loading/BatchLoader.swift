import BenchSupport
import Dispatch
import Synchronization

/// Some images, in the order of training.
public struct Batch: Sendable {
  /// Which images of the dataset.
  public let indices: [Int]
  /// Their pixels, `[image, height, width, channel]`.
  public let pixels: [UInt8]
  /// The position after the batch; a loader that starts there goes on with the next one.
  public let position: Int

  /// The number of images.
  public var count: Int { indices.count }
}

/// Shuffled batches, read ahead on background threads.
///
/// The batches depend on the dataset, the batch size, the seed and the position alone, not on the
/// number of threads. A batch may begin in one epoch and end in the next, so all are of one size.
public final class BatchLoader: Sendable {
  private let state: LoaderState

  /// Starts reading ahead.
  ///
  /// - Parameters:
  ///   - dataset: What to read.
  ///   - batchSize: Images per batch.
  ///   - seed: The seed of the shuffling.
  ///   - position: Images seen before; the ``Batch/position`` of the last batch when resuming.
  ///   - rows: Which images of each batch to read, for one of several processes; nil for all.
  ///   - prefetchCount: Batches kept ready.
  ///   - threadCount: Background threads.
  public init(
    dataset: any ImageDataset, batchSize: Int, seed: UInt64, position: Int = 0,
    rows: [Int]? = nil, prefetchCount: Int = 4, threadCount: Int = 1
  ) {
    precondition(batchSize > 0 && prefetchCount > 0 && threadCount > 0, "an empty batch or queue")
    let state = LoaderState(
      dataset: dataset, shuffler: EpochShuffler(count: dataset.count, seed: seed),
      batchSize: batchSize, start: position, rows: rows, slotCount: prefetchCount,
      threadCount: threadCount)
    self.state = state
    for _ in 0..<threadCount {
      DispatchQueue(label: "bench.batch-loader").async { state.produce() }
    }
  }

  deinit { state.stop() }

  /// The next batch; waits until it is ready.
  ///
  /// - Throws: ``DatasetError`` if the images cannot be read; so do all later calls then.
  public func next() throws(DatasetError) -> Batch { try state.consume() }
}

/// What a loader and its threads share.
///
/// Threads hold only this, so that they end with the loader.
private final class LoaderState: Sendable {
  private struct Progress {
    var producedCount = 0
    var consumedCount = 0
    var isStopped = false
    var failure: DatasetError?
    var slots: [Result<Batch, DatasetError>?]
  }

  private let dataset: any ImageDataset
  private let shuffler: EpochShuffler
  private let batchSize: Int
  private let start: Int
  private let rows: [Int]?
  private let threadCount: Int
  private let progress: Mutex<Progress>
  /// Counts the slots that may be filled.
  private let free = DispatchSemaphore(value: 0)
  /// One per slot: it has been filled.
  private let ready: [DispatchSemaphore]
  /// One consumer at a time, so that batches are handed out in order.
  private let turn = Mutex(())

  init(
    dataset: any ImageDataset, shuffler: EpochShuffler, batchSize: Int, start: Int, rows: [Int]?,
    slotCount: Int, threadCount: Int
  ) {
    self.dataset = dataset
    self.shuffler = shuffler
    self.batchSize = batchSize
    self.start = start
    self.rows = rows
    self.threadCount = threadCount
    progress = Mutex(Progress(slots: Array(repeating: nil, count: slotCount)))
    ready = (0..<slotCount).map { _ in DispatchSemaphore(value: 0) }
    for _ in 0..<slotCount { free.signal() }
  }

  func produce() {
    while true {
      free.wait()
      let number: Int? = progress.withLock { progress in
        guard !progress.isStopped else { return nil }
        defer { progress.producedCount += 1 }
        return progress.producedCount
      }
      guard let number else { return }
      let batch = Parallel.$threadCount.withValue(1) { read(number) }
      progress.withLock { $0.slots[number % ready.count] = batch }
      ready[number % ready.count].signal()
    }
  }

  func consume() throws(DatasetError) -> Batch {
    let result: Result<Batch, DatasetError> = turn.withLock { _ in
      if let failure = progress.withLock({ $0.failure }) { return .failure(failure) }
      let slot = progress.withLock { $0.consumedCount } % ready.count
      ready[slot].wait()
      return progress.withLock { progress in
        progress.consumedCount += 1
        defer { progress.slots[slot] = nil }
        guard let batch = progress.slots[slot] else { preconditionFailure("slot \(slot) is empty") }
        if case .failure(let error) = batch {
          progress.failure = error
        } else {
          free.signal()
        }
        return batch
      }
    }
    return try result.get()
  }

  func stop() {
    progress.withLock { $0.isStopped = true }
    for _ in 0..<threadCount { free.signal() }
  }

  private func read(_ number: Int) -> Result<Batch, DatasetError> {
    let position = start + number * batchSize
    let all = shuffler.indices(from: position, count: batchSize)
    let indices = rows.map { $0.map { all[$0] } } ?? all
    do throws(DatasetError) {
      let pixels = try dataset.pixels(at: indices)
      return .success(Batch(indices: indices, pixels: pixels, position: position + batchSize))
    } catch {
      return .failure(error)
    }
  }
}
