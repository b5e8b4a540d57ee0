import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  children: ReactNode;
  /** Name of what is shown: another one is tried anew. */
  of: string;
  /** Stands in its place when drawing it has failed. */
  otherwise: (error: unknown, again: () => void) => ReactNode;
}

interface BoundaryState {
  of: string;
  failed: { error: unknown } | null;
}

/**
 * Keeps what goes wrong while a part of a page is drawn to that part; without one React takes the whole page away. It is a class because
 * React has no hook for it.
 */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { of: this.props.of, failed: null };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { failed: { error } };
  }

  static getDerivedStateFromProps({ of }: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return of === state.of ? null : { of, failed: null };
  }

  override render(): ReactNode {
    const { failed } = this.state;
    return failed ? this.props.otherwise(failed.error, () => this.setState({ failed: null })) : this.props.children;
  }
}
