import type { Intent, Language, ScreenView, ViewModel } from '../generated/bindings';
import type { Backend } from './backend';
import { SCENES, SIGNED_OUT, concealed, noticed, scene, type Scene } from './scenes';

/** Shows what the test or the developer says, and keeps what the page sent. */
export class FakeBackend implements Backend {
  /** Everything the page sent, in order. */
  readonly sent: Intent[] = [];
  /** How often the page said that it has drawn. */
  readyCount = 0;
  /** How often the page asked for the view again. */
  refreshCount = 0;
  /** Whether what is sent is lost. */
  isDeaf = false;

  #draw: (view: ViewModel) => void = () => undefined;
  #revision = 0;
  #shown: ViewModel | undefined;
  #language: Language;

  constructor(first?: Scene, language: Language = 'en') {
    this.#language = language;
    if (first !== undefined) {
      this.show(first);
    }
  }

  /** Emits one view, a mere screen in the place of the last one; returns it, so that a test can replay it late. */
  show(next: Scene | ScreenView): ViewModel {
    this.#revision += 1;
    const view = {
      ...('kind' in next ? { ...(this.#shown ?? scene(next)), screen: next } : next),
      revision: this.#revision,
      language: this.#language,
    };
    this.emit(view);
    return view;
  }

  /** Says what is on screen, and everything after it, in another language. */
  speak(language: Language): void {
    this.#language = language;
    if (this.#shown !== undefined) {
      this.#revision += 1;
      this.emit({ ...this.#shown, revision: this.#revision, language });
    }
  }

  /** Emits exactly this view. */
  emit(view: ViewModel): void {
    this.#shown = view;
    this.#draw(view);
  }

  onView(draw: (view: ViewModel) => void): Promise<void> {
    this.#draw = draw;
    if (this.#shown !== undefined) {
      draw(this.#shown);
    }
    return Promise.resolve();
  }

  refresh(): Promise<void> {
    this.refreshCount += 1;
    if (this.isDeaf) {
      return Promise.reject(new Error('deaf'));
    }
    if (this.#shown !== undefined) {
      this.#draw(this.#shown);
    }
    return Promise.resolve();
  }

  send(intent: Intent): Promise<void> {
    this.sent.push(intent);
    return this.isDeaf ? Promise.reject(new Error('deaf')) : Promise.resolve();
  }

  ready(): Promise<void> {
    this.readyCount += 1;
    return Promise.resolve();
  }
}

/** Plays an agent and a server well enough to walk through the screens by hand or by keyboard alone. */
export class StoryBackend extends FakeBackend {
  #triesLeft = 5;
  /** The code is for having badges revoked. */
  #isLoss = false;

  constructor(language?: Language) {
    super(SCENES['signed_out'], language);
  }

  override async send(intent: Intent): Promise<void> {
    await super.send(intent);
    switch (intent.kind) {
      case 'sign_in':
        this.show({ kind: 'asking', step: 'first_factor', is_slow: false });
        this.#later(() => {
          this.#answerFirstFactor(intent.name, intent.password, false);
        });
        break;
      case 'lost_badge':
        this.show({ kind: 'asking', step: 'loss', is_slow: false });
        this.#later(() => {
          this.#answerFirstFactor(intent.name, intent.password, true);
        });
        break;
      case 'code':
        this.show({ kind: 'asking', step: 'second_factor', is_slow: false });
        this.#later(() => {
          this.#answerSecondFactor(intent.code);
        });
        break;
      case 'password':
        this.show({ kind: 'asking', step: 'resume', is_slow: false });
        this.#later(() => {
          this.#answerResume(intent.password);
        });
        break;
      case 'pin':
        this.show({ kind: 'asking', step: 'second_factor', is_slow: false });
        this.#later(() => {
          this.#answerSecondFactor(intent.pin);
        });
        break;
      case 'cancel':
        this.show(SIGNED_OUT.screen);
        break;
      case 'choose_language':
        this.speak(intent.language);
        break;
      case 'sign_out':
      case 'stay':
      case 'conceal':
      case 'renew':
      case 'my_sessions':
      case 'close_my_sessions':
      case 'end_elsewhere':
      case 'end_everywhere_else':
        break;
    }
  }

  #answerFirstFactor(name: string, password: string, isLoss: boolean): void {
    this.#isLoss = isLoss;
    if (name === 'maria' && password === 'correct horse') {
      this.#triesLeft = 5;
      this.show({ kind: 'second_factor', wants: 'totp', is_loss: this.#isLoss, expires_in_ms: 120_000, tries_left: 5, is_refused: false });
    } else {
      this.show(noticed({ kind: 'refused' }).screen);
    }
  }

  #answerResume(password: string): void {
    this.show(password === 'correct horse' ? { kind: 'opening', display_name: 'Maria O.' } : concealed({ kind: 'refused', notice: { kind: 'refused' } }).screen);
  }

  #answerSecondFactor(code: string): void {
    if (code === '123456') {
      this.show(this.#isLoss ? noticed({ kind: 'badges_revoked', count: 2 }).screen : { kind: 'opening', display_name: 'Maria O.' });
      return;
    }
    this.#triesLeft -= 1;
    if (this.#triesLeft === 0) {
      this.show(noticed({ kind: 'challenge_over' }).screen);
    } else {
      this.show({ kind: 'second_factor', wants: 'totp', is_loss: this.#isLoss, expires_in_ms: 90_000, tries_left: this.#triesLeft, is_refused: true });
    }
  }

  /** As a server would: not in the same breath. */
  #later(answer: () => void): void {
    setTimeout(answer, 300);
  }
}
