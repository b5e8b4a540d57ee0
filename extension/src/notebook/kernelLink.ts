import type { Finding } from '@cellkeep/schema/design';
import type { CellModel, KernelPromotionNews } from '@cellkeep/web/host';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { COMM_TARGET, type KernelState, PROTOCOL, readMessage, type SnapshotRequest, type ToKernel } from './protocol';

/**
 * `pending`: asked, not answered yet (a busy kernel answers after its cell). `absent`: the kernel has no bridge, or there is no kernel.
 */
export type LinkState = 'pending' | 'open' | 'absent';

/**
 * The comm with the bridge of one notebook's kernel. It opens by itself with every kernel that the notebook gets, and again after a
 * restart; a kernel without a bridge is quietly `absent`.
 */
export class KernelLink implements IDisposable {
  constructor(session: ISessionContext, notebookPath: () => string) {
    this.session = session;
    this.notebookPath = notebookPath;
    session.kernelChanged.connect(this.onKernel, this);
    session.statusChanged.connect(this.onStatus, this);
    session.connectionStatusChanged.connect(this.onConnection, this);
    void this.connect();
  }

  get state(): LinkState {
    return this.linkState;
  }

  /** What the bridge said last; null while it said nothing since the kernel's start. */
  get kernelState(): KernelState | null {
    return this.said;
  }

  get kernelStatus(): 'none' | 'idle' | 'busy' | 'dead' {
    const status = this.session.session?.kernel?.status;
    if (!status) return 'none';
    if (status === 'idle') return 'idle';
    return status === 'dead' || status === 'terminating' ? 'dead' : 'busy';
  }

  /** What the bridge found: results that the notebook no longer explains. Null where it has said nothing of that kind. */
  get findings(): readonly Finding[] | null {
    return this.found;
  }

  /** Models that the kernel holds; none where it has said nothing of that kind. */
  get models(): readonly CellModel[] {
    return this.modelsSaid;
  }

  /** Whether a message is heard at once: also by a kernel that is busy, where it has a shell beside for it. */
  get hearsNow(): boolean {
    if (!this.comm || this.linkState !== 'open') return false;
    return this.kernelStatus === 'idle' || this.session.session?.kernel?.supportsSubshells === true;
  }

  /** Something of the above is different. */
  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** The bridge says that something it was asked for did not work. */
  get failed(): ISignal<this, string> {
    return this.failedSignal;
  }

  /** The bridge asks for the document's half of a snapshot. */
  get snapshotAsked(): ISignal<this, SnapshotRequest> {
    return this.snapshotSignal;
  }

  /** How a promotion goes that this kernel was asked for. */
  get promotionTold(): ISignal<this, KernelPromotionNews> {
    return this.promotionSignal;
  }

  /** The bridge has said what it found, also where it is what it said before. */
  get marked(): ISignal<this, void> {
    return this.markedSignal;
  }

  /** A kernel's bridge listens from now on, and knows nothing yet of the notebook. */
  get opened(): ISignal<this, void> {
    return this.openedSignal;
  }

  /** False where no bridge listens. */
  send(message: ToKernel): boolean {
    if (!this.comm || this.linkState === 'absent') return false;
    try {
      this.comm.send({ ...message } as JSONObject);
      return true;
    } catch {
      return false; // the kernel went away in this moment; the status signal that follows says so
    }
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.session.kernelChanged.disconnect(this.onKernel, this);
    this.session.statusChanged.disconnect(this.onStatus, this);
    this.session.connectionStatusChanged.disconnect(this.onConnection, this);
    this.drop(true);
    Signal.clearData(this);
  }

  private onKernel(): void {
    this.drop(false);
    void this.connect();
  }

  private onStatus(): void {
    const status = this.session.session?.kernel?.status;
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead' || status === 'terminating') this.drop(false);
    else if (!this.comm && (status === 'idle' || status === 'busy')) void this.connect();
    this.changedSignal.emit();
  }

  /** The connection to Jupyter came back: what the bridge said meanwhile is lost, so it is asked again. */
  private onConnection(): void {
    if (this.session.session?.kernel?.connectionStatus !== 'connected' || this.linkState !== 'open') return;
    this.greet();
    this.openedSignal.emit();
  }

  private async connect(): Promise<void> {
    const kernel = this.session.session?.kernel;
    if (!kernel || this.disposed || this.askedKernel === kernel || !kernel.handleComms) return;
    this.askedKernel = kernel;
    try {
      const info = await kernel.info;
      if (info.language_info.name !== 'python' || this.askedKernel !== kernel || this.disposed) return;
      const comm = kernel.createComm(COMM_TARGET);
      this.comm = comm;
      this.linkState = 'pending';
      comm.onMsg = (message) => this.receive(comm, message.content.data);
      comm.onClose = () => {
        if (this.comm === comm) this.drop(false, kernel);
      };
      // On a subshell the bridge hears us while a cell runs; on the main shell it would only afterwards.
      if (kernel.supportsSubshells) await (comm as { subshellStarted?: Promise<void> }).subshellStarted;
      if (this.comm !== comm) return;
      const future = comm.open(this.hello() as unknown as JSONObject);
      await future.done;
    } catch {
      // The kernel ended while it was asked. Its next status, or the next kernel, starts this again.
      if (this.askedKernel === kernel) this.drop(false);
    }
    if (!this.disposed) this.changedSignal.emit();
  }

  private hello(): ToKernel {
    return { type: 'hello', protocol: PROTOCOL, notebookPath: this.notebookPath() };
  }

  private greet(): void {
    this.send(this.hello());
  }

  private receive(comm: Kernel.IComm, data: unknown): void {
    if (this.comm !== comm) return;
    const message = readMessage(data);
    if (!message) return;
    if (message.type === 'error') {
      // A bridge that has lost what it was told of the notebook is told all of it again; an older one goes without what it does not know.
      if (message.message.includes('was never told')) this.openedSignal.emit();
      else if (!message.message.includes('is not known to this version')) this.failedSignal.emit(message.message);
      return;
    }
    if (message.type === 'snapshot') {
      this.snapshotSignal.emit(message.request);
      return;
    }
    if (message.type === 'marks') {
      this.found = message.findings;
      this.markedSignal.emit();
      this.changedSignal.emit();
      return;
    }
    if (message.type === 'models') {
      this.modelsSaid = message.models;
      this.changedSignal.emit();
      return;
    }
    if (message.type === 'promotion') {
      this.promotionSignal.emit(message.news);
      return;
    }
    const isNew = this.linkState !== 'open' || this.said?.sessionId !== message.state.sessionId;
    this.linkState = 'open';
    this.said = message.state;
    if (isNew) this.openedSignal.emit();
    this.changedSignal.emit();
  }

  /** @param absentFrom the kernel that has no bridge, and is not to be asked again */
  private drop(close: boolean, absentFrom: Kernel.IKernelConnection | null = null): void {
    const comm = this.comm;
    this.comm = null;
    this.linkState = 'absent';
    this.said = null;
    this.found = null;
    this.modelsSaid = NO_MODELS;
    this.askedKernel = absentFrom;
    // The comms of a kernel that restarts or goes are disposed of by its connection.
    if (close && comm && !comm.isDisposed) {
      try {
        comm.close();
      } catch {
        // A kernel that is gone cannot be told.
      }
    }
    if (!this.disposed) this.changedSignal.emit();
  }

  private readonly session: ISessionContext;
  private readonly notebookPath: () => string;
  private comm: Kernel.IComm | null = null;
  private askedKernel: Kernel.IKernelConnection | null = null;
  private linkState: LinkState = 'absent';
  private said: KernelState | null = null;
  private found: readonly Finding[] | null = null;
  private modelsSaid: readonly CellModel[] = NO_MODELS;
  private disposed = false;
  private readonly changedSignal = new Signal<this, void>(this);
  private readonly failedSignal = new Signal<this, string>(this);
  private readonly snapshotSignal = new Signal<this, SnapshotRequest>(this);
  private readonly promotionSignal = new Signal<this, KernelPromotionNews>(this);
  private readonly markedSignal = new Signal<this, void>(this);
  private readonly openedSignal = new Signal<this, void>(this);
}

const NO_MODELS: readonly CellModel[] = [];
