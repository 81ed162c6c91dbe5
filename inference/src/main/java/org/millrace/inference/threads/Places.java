package org.millrace.inference.threads;

/**
 * What can be done about the processors that a team's threads run on. Threads are named by the
 * number that the system gives them. Safe for all threads.
 */
public interface Places {
  /** Nothing: the system places threads. */
  Places ANY =
      new Places() {
        @Override
        public void begin(int member) {}

        @Override
        public boolean canMove() {
          return false;
        }

        @Override
        public int thread() {
          return 0;
        }

        @Override
        public void bring(int thread) {}

        @Override
        public void leave() {}
      };

  /** Called on each member's own thread before its first chunk. */
  void begin(int member);

  /** Whether {@link #bring} and {@link #leave} do anything. */
  boolean canMove();

  /** The calling thread. */
  int thread();

  /** Moves a thread to the calling thread's processor; it may leave it again. */
  void bring(int thread);

  /** Moves the calling thread to any other processor, if there is one; it may come back. */
  void leave();
}
